import type { Setting } from "./setting.ts"

/** A parameter of each kind, one of them with two versions, a label and a tag. */
export const ssmSetting: Setting = {
  client: "ssm",

  async prepare({ ssm }) {
    const Name = "/known/url"
    await ssm.putParameter({ Name, Value: "1", Type: "String", Tags: [{ Key: "team", Value: "a" }] })
    await ssm.putParameter({ Name, Value: "2", Overwrite: true, AllowedPattern: "^\\d$" })
    await ssm.labelParameterVersion({ Name, ParameterVersion: 1, Labels: ["known"] })
    await ssm.putParameter({ Name: "/known/password", Value: "x", Type: "SecureString" })
    await ssm.putParameter({ Name: "plain", Value: "a,b", Type: "StringList", Tier: "Advanced" })
    const resource = { ResourceType: "Parameter", ResourceId: Name }
    return {
      names: {
        Name,
        Names: Name,
        Path: "/known",
        ResourceType: "Parameter",
        ResourceId: Name,
        Labels: "known",
        Key: "team",
      },
      inputs: {
        PutParameter: { Name: "/known/new", Value: "x", Type: "String" },
        GetParameters: { Names: [Name, "plain"] },
        DeleteParameters: { Names: ["plain", "none"] },
        LabelParameterVersion: { Name, Labels: ["newest"] },
        UnlabelParameterVersion: { Name, ParameterVersion: 1, Labels: ["known"] },
        AddTagsToResource: { ...resource, Tags: [{ Key: "stage", Value: "test" }] },
        RemoveTagsFromResource: { ...resource, TagKeys: ["team"] },
      },
    }
  },

  refusals: {},
}
