using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Iggy.Client.Http;

/// <summary>How the shapes are read and written: generated at compile time, names in snake case, what must be there is asked for.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(NameShape))]
[JsonSerializable(typeof(LoginShape))]
[JsonSerializable(typeof(TokenShape))]
[JsonSerializable(typeof(SnapshotShape))]
[JsonSerializable(typeof(NewTopicShape))]
[JsonSerializable(typeof(TopicUpdateShape))]
[JsonSerializable(typeof(PartitionsShape))]
[JsonSerializable(typeof(OffsetUpdateShape))]
[JsonSerializable(typeof(NewUserShape))]
[JsonSerializable(typeof(UserUpdateShape))]
[JsonSerializable(typeof(PermissionsUpdateShape))]
[JsonSerializable(typeof(PasswordShape))]
[JsonSerializable(typeof(NewTokenShape))]
[JsonSerializable(typeof(ErrorShape))]
[JsonSerializable(typeof(LoggedInShape))]
[JsonSerializable(typeof(StreamShape[]))]
[JsonSerializable(typeof(TopicShape[]))]
[JsonSerializable(typeof(OptionShape[]))]
[JsonSerializable(typeof(GroupShape[]))]
[JsonSerializable(typeof(OffsetShape))]
[JsonSerializable(typeof(UserShape[]))]
[JsonSerializable(typeof(TokenEntryShape[]))]
[JsonSerializable(typeof(ClientShape[]))]
[JsonSerializable(typeof(ClusterShape))]
[JsonSerializable(typeof(StatsShape))]
internal sealed partial class ApiShapes : JsonSerializerContext
{
    /// <summary>To be used everywhere: texts are escaped no more than JSON asks for.</summary>
    public static ApiShapes Wire { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
