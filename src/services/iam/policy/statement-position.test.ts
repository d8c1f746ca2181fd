import { expect, test } from "vitest"
import { statementSpans } from "./statement-position.ts"

test("a statement in no list stands behind its own brace", () => {
  const condition = '{"DateGreaterThan":{"aws:CurrentTime":"2018-08-16T12:00:00Z"}}'
  const statement = `{"Effect":"Allow","Action":"dynamodb:*","Resource":"*","Condition":${condition}}`
  expect(statementSpans(`{"Version":"2012-10-17","Statement":${statement}}`)).toEqual([
    { start: { Line: 1, Column: 38 }, end: { Line: 1, Column: 167 } },
  ])
})

test("statements in a list stand behind its bracket, and then behind their commas", () => {
  const text = JSON.stringify(
    {
      Version: "2012-10-17",
      Id: "Statement",
      Statement: [
        { Effect: "Allow", Action: ["a:}", 'b:"]'], Resource: "*" },
        { Effect: "Deny", Action: "*", Resource: "*" },
      ],
    },
    undefined,
    4,
  )
  expect(statementSpans(text)).toEqual([
    { start: { Line: 4, Column: 19 }, end: { Line: 12, Column: 10 } },
    { start: { Line: 12, Column: 11 }, end: { Line: 17, Column: 10 } },
  ])
})
