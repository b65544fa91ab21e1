using Iggy.Gateway.Jwt;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Iggy.Gateway.Http;

/// <summary>The generated code that reads and writes the API's JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    AllowDuplicateProperties = false)]
[JsonSerializable(typeof(ErrorReply))]
[JsonSerializable(typeof(HealthReply))]
[JsonSerializable(typeof(SendShape))]
[JsonSerializable(typeof(SendReply))]
[JsonSerializable(typeof(PollShape))]
[JsonSerializable(typeof(OptionDescriptionReply[]))]
[JsonSerializable(typeof(ContextJson))]
[JsonSerializable(typeof(NameBody))]
[JsonSerializable(typeof(LoginBody))]
[JsonSerializable(typeof(TokenBody))]
[JsonSerializable(typeof(LoginReply))]
[JsonSerializable(typeof(CreateUserBody))]
[JsonSerializable(typeof(UpdateUserBody))]
[JsonSerializable(typeof(UpdatePermissionsBody))]
[JsonSerializable(typeof(ChangePasswordBody))]
[JsonSerializable(typeof(UserReply[]))]
[JsonSerializable(typeof(UserDetailsReply))]
[JsonSerializable(typeof(CreateTokenBody))]
[JsonSerializable(typeof(AccessTokenEntryReply[]))]
[JsonSerializable(typeof(StreamReply[]))]
[JsonSerializable(typeof(StreamDetailsReply))]
[JsonSerializable(typeof(CreateTopicBody))]
[JsonSerializable(typeof(UpdateTopicBody))]
[JsonSerializable(typeof(TopicReply[]))]
[JsonSerializable(typeof(TopicDetailsReply))]
[JsonSerializable(typeof(PartitionsBody))]
[JsonSerializable(typeof(StoreOffsetBody))]
[JsonSerializable(typeof(SnapshotBody))]
[JsonSerializable(typeof(OffsetReply))]
[JsonSerializable(typeof(GroupReply[]))]
[JsonSerializable(typeof(GroupDetailsReply))]
[JsonSerializable(typeof(SessionReply))]
[JsonSerializable(typeof(ClientReply[]))]
[JsonSerializable(typeof(ClientDetailsReply))]
[JsonSerializable(typeof(StatsReplyJson))]
[JsonSerializable(typeof(ClusterReplyJson))]
internal sealed partial class ApiJson : JsonSerializerContext
{
    /// <summary>With nothing escaped that JSON lets stand: clients compare names as text.</summary>
    // Made when first asked for: the generated half has statics of its own, and their order is not known.
    public static ApiJson Wire => field ??= new(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}

/// <summary>A number of bytes as text, see <see cref="HttpValues.Size"/>.</summary>
internal sealed class SizeConverter : JsonConverter<ulong>
{
    public override ulong Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new JsonException("Sizes are only written.");

    public override void Write(Utf8JsonWriter writer, ulong value, JsonSerializerOptions options) => writer.WriteStringValue(HttpValues.Size(value));
}

/// <summary>A share with a fraction even when it is whole: some clients take <c>0</c> for another type than <c>0.0</c>.</summary>
internal sealed class FractionConverter : JsonConverter<float>
{
    public override float Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetSingle();

    public override void Write(Utf8JsonWriter writer, float value, JsonSerializerOptions options)
    {
        if (float.IsInteger(value) && MathF.Abs(value) < 1e7f)
            writer.WriteRawValue(value.ToString("0.0", CultureInfo.InvariantCulture));
        else
            writer.WriteNumberValue(float.IsFinite(value) ? value : 0);
    }
}
