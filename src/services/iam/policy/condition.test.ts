// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like this
import { expect, test } from "vitest"
import { conditionOf } from "./condition.ts"
import { contextOf } from "./context.ts"

type Row = readonly [operator: string, wanted: readonly string[], given: readonly string[] | undefined, holds: boolean]

/** Most of them are in AWS's page on condition operators. */
const ROWS: readonly Row[] = [
  ["StringEquals", ["silver", "gold"], ["gold"], true],
  ["StringEquals", ["silver"], ["Silver"], false],
  ["StringEquals", ["silver"], undefined, false],
  ["StringEquals", ["*"], ["gold"], false],
  ["StringEqualsIgnoreCase", ["silver"], ["SILVER"], true],
  ["StringNotEquals", ["silver", "gold"], ["bronze"], true],
  ["StringNotEquals", ["silver", "gold"], ["gold"], false],
  ["StringNotEquals", ["silver"], undefined, true],
  ["StringNotEqualsIgnoreCase", ["silver"], ["SILVER"], false],
  ["StringLike", ["data*"], ["database"], true],
  ["StringLike", ["da?a"], ["data"], true],
  ["StringLike", ["da?a"], ["daa"], false],
  ["StringLike", ["*a*b"], ["xaabab"], true],
  ["StringLike", [""], [""], true],
  ["StringLike", ["a${*}"], ["a*"], true],
  ["StringLike", ["a${*}"], ["ab"], false],
  ["StringLike", ["${aws:username}"], ["ann"], true],
  ["StringLike", ["${AWS:UserName}*"], ["annie"], true],
  ["StringLike", ["${missing}"], ["${missing}"], false],
  ["StringLike", ["${missing, 'other'}"], ["other"], true],
  ["StringLike", ["${stars}"], ["anything"], false],
  ["StringEquals", ["${$}{aws:username}"], ["${aws:username}"], true],
  ["StringNotEquals", ["${missing}"], ["ann"], true],
  ["StringNotLike", ["data*"], ["base"], true],
  ["StringEqualsIfExists", ["gold"], undefined, true],
  ["StringEqualsIfExists", ["gold"], ["silver"], false],
  ["StringNotEqualsIfExists", ["gold"], undefined, true],
  ["ForAllValues:StringEquals", ["a", "b"], ["a"], true],
  ["ForAllValues:StringEquals", ["a", "b"], ["a", "c"], false],
  ["ForAllValues:StringEquals", ["a"], [], true],
  ["ForAllValues:StringEquals", ["a"], undefined, true],
  ["ForAnyValue:StringEquals", ["a", "b"], ["c", "b"], true],
  ["ForAnyValue:StringEquals", ["a"], ["c"], false],
  ["ForAnyValue:StringEquals", ["a"], [], false],
  ["ForAnyValue:StringNotEquals", ["a"], ["a", "b"], true],
  ["ForAnyValue:StringNotEquals", ["a"], ["a"], false],
  ["ForAnyValue:StringNotEquals", ["a"], undefined, false],
  ["ForAllValues:StringNotLike", ["a*"], ["b", "c"], true],
  ["ForAllValues:StringNotLike", ["a*"], ["b", "ab"], false],
  ["StringNotEquals", ["a"], ["a", "b"], false],
  ["NumericLessThanEquals", ["10"], ["10"], true],
  ["NumericLessThan", ["10"], ["9.5"], true],
  ["NumericEquals", ["10"], ["10.0"], true],
  ["NumericGreaterThan", ["9"], ["10"], true],
  ["NumericGreaterThanEquals", ["9"], ["x"], false],
  ["NumericEquals", ["0"], [""], false],
  ["NumericNotEquals", ["10"], ["11"], true],
  ["DateGreaterThan", ["2020-04-01T00:00:00Z"], ["2020-04-01T00:00:01Z"], true],
  ["DateLessThan", ["2020-06-30"], ["2020-06-29T23:59:59Z"], true],
  ["DateEquals", ["1585699200"], ["2020-04-01T00:00:00Z"], true],
  ["DateLessThanEquals", ["2020-04-01T02:00:00+02:00"], ["2020-04-01T00:00:00Z"], true],
  ["DateNotEquals", ["2020-04-01"], ["2020-04-02"], true],
  ["Bool", ["true"], ["True"], true],
  ["Bool", ["true"], undefined, false],
  ["BoolIfExists", ["true"], undefined, true],
  ["Bool", ["false"], ["true"], false],
  ["BinaryEquals", ["QmluYXJ5VmFsdWVJbkJhc2U2NA=="], ["QmluYXJ5VmFsdWVJbkJhc2U2NA=="], true],
  ["IpAddress", ["203.0.113.0/24", "2001:DB8:1234:5678::/64"], ["203.0.113.200"], true],
  ["IpAddress", ["203.0.113.0/24", "2001:DB8:1234:5678::/64"], ["2001:db8:1234:5678:1::7"], true],
  ["IpAddress", ["203.0.113.0/24"], ["203.0.114.1"], false],
  ["IpAddress", ["2001:db8::/33"], ["2001:db8:8000::1"], false],
  ["IpAddress", ["203.0.113.7"], ["203.0.113.7"], true],
  ["IpAddress", ["203.0.113.0/24"], ["::ffff:203.0.113.7"], true],
  ["IpAddress", ["::ffff:203.0.113.0/120"], ["203.0.113.7"], true],
  ["IpAddress", ["0.0.0.0/0"], ["8.8.8.8"], true],
  ["IpAddress", ["0.0.0.0/0"], ["::1"], false],
  ["IpAddress", ["10.0.0.0/33", "10.0.0/8", "ten", "10.0.0.0/", "1:2"], ["10.0.0.0"], false],
  ["IpAddress", ["10.0.0.0/8"], ["10.0.0.0/8"], false],
  ["NotIpAddress", ["10.0.0.0/8"], ["192.168.0.1"], true],
  ["NotIpAddress", ["10.0.0.0/8"], ["10.1.0.1"], false],
  ["ArnEquals", ["arn:aws:sns:us-east-1:111122223333:topic"], ["arn:aws:sns:us-east-1:111122223333:topic"], true],
  ["ArnLike", ["arn:aws:sns:*:111122223333:top*"], ["arn:aws:sns:us-east-1:111122223333:topic:1"], true],
  ["ArnLike", ["arn:aws:logs:*:*:log-group:?:*"], ["arn:aws:logs:us-east-1:111122223333:log-group:a:b:c"], true],
  ["ArnLike", ["arn:aws:sns:*:topic"], ["arn:aws:sns:us-east-1:111122223333:topic"], false],
  ["ArnLike", ["arn:aws:s3:::${aws:username}/*"], ["arn:aws:s3:::ann/a/b"], true],
  ["ArnLike", ["*"], ["arn:aws:s3:::ann"], false],
  ["ArnNotLike", ["arn:aws:iam::*:role/*"], ["arn:aws:iam::111122223333:user/ann"], true],
  ["ArnNotEquals", ["arn:aws:iam::*:role/*"], ["arn:aws:iam::111122223333:role/a"], false],
  ["Null", ["true"], undefined, true],
  ["Null", ["true"], ["a"], false],
  ["Null", ["false"], ["a"], true],
  ["Null", ["false"], [], false],
]

test.each(ROWS)("%s %j of %j: %s", (operator, wanted, given, holds) => {
  const context = contextOf({
    "aws:username": ["ann"],
    stars: ["*"],
    "two:values": ["a", "b"],
    ...(given && { "ecs:Given": given }),
  })
  expect(conditionOf(operator, "ECS:given", wanted, true)(context)).toBe(holds)
})

test("policies of the older version have no variables", () => {
  const condition = conditionOf("StringEquals", "ecs:given", ["${aws:username}"], false)
  expect(condition(contextOf({ "ecs:given": ["${aws:username}"], "aws:username": ["ann"] }))).toBe(true)
})

test("a pattern that could be tried in very many ways is decided at once", () => {
  const condition = conditionOf("StringLike", "ecs:given", [`${"*a".repeat(1000)}b`], true)
  expect(condition(contextOf({ "ecs:given": ["a".repeat(5000)] }))).toBe(false)
})
