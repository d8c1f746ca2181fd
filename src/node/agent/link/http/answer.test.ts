import { expect, test } from "vitest"
import { RegionError } from "../../../region.ts"
import { answerOf, readAnswer, refusalOf } from "./answer.ts"

test.each([
  [{}, '{"__type":"ClientException","message":"no"}', "ClientException"],
  [{}, '{"__type":"com.amazonaws.ecs#ClientException","Message":"no"}', "ClientException"],
  [{ "x-amzn-errortype": "ClientException:http://internal" }, '{"message":"no"}', "ClientException"],
  [{}, "no", "Status400"],
])("an error is known by its name, wherever that stands (%#)", (headers, text, code) => {
  const error = thrownBy(() => answerOf({ statusCode: 400, headers }, text))
  expect(error).toMatchObject({ code, status: 400, message: "no" })
})

test("an answer that is not JSON is none", () => {
  expect(thrownBy(() => answerOf({ statusCode: 200, headers: {} }, "<html>"))).toMatchObject({ code: "Unreadable" })
  expect(answerOf({ statusCode: 200, headers: {} }, "")).toEqual({})
})

test.each([
  '{"InactiveInstanceException": "instance is deregistered"}',
  '{"type": "InactiveInstanceException", "message": {"message": "instance is deregistered"}}',
])("a refused connection says why in one of two forms (%#)", (text) => {
  expect(refusalOf(400, text).code).toBe("InactiveInstanceException")
})

test("an answer without end is cut off", async () => {
  const endless = {
    statusCode: 200,
    headers: {},
    async *[Symbol.asyncIterator]() {
      for (;;) yield Buffer.alloc(1000)
    },
  }
  await expect(readAnswer(endless, 10_000)).rejects.toMatchObject({ code: "Unreadable" })
})

function thrownBy(action: () => unknown): RegionError {
  try {
    action()
  } catch (error) {
    if (error instanceof RegionError) return error
    throw error
  }
  throw new Error("nothing was thrown")
}
