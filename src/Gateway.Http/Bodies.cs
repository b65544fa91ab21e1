using System.Text.Json;
using System.Text.Json.Serialization;
using Iggy.Protocol;

namespace Iggy.Gateway.Http;

/// <summary>A name: of a new stream or group, or the new one of a stream.</summary>
/// <param name="Name">1 to 255 bytes.</param>
/// <param name="Options">None can be set.</param>
internal sealed record NameBody(string Name, [property: JsonConverter(typeof(ScalarTextsConverter))] Dictionary<string, string>? Options = null);

/// <summary>Name and password. What clients tell of themselves beside is not looked at.</summary>
internal sealed record LoginBody(string Username, string Password)
{
    /// <summary>Without the secret, for logs.</summary>
    public override string ToString() => $"LoginBody {{ Username = {Username} }}";
}

/// <summary>A token, to log in with, to refresh, or as it was just made.</summary>
internal sealed record TokenBody(string Token)
{
    /// <summary>Without the secret, for logs.</summary>
    public override string ToString() => nameof(TokenBody);
}

/// <summary>A user to make.</summary>
internal sealed record CreateUserBody(
    string Username, string Password, string Status, PermissionsJson? Permissions = null, Dictionary<string, string>? Options = null)
{
    /// <summary>Without the secret, for logs.</summary>
    public override string ToString() => $"CreateUserBody {{ Username = {Username} }}";
}

/// <summary>What to change of a user. The C# client sends the status under the second name.</summary>
internal sealed record UpdateUserBody(string? Username = null, string? Status = null, string? UserStatus = null, Dictionary<string, string>? Options = null);

/// <summary>All permissions anew; null takes all away.</summary>
internal sealed record UpdatePermissionsBody(PermissionsJson? Permissions = null);

/// <summary>The present password and the next.</summary>
internal sealed record ChangePasswordBody(string CurrentPassword, string NewPassword)
{
    /// <summary>Without the secrets, for logs.</summary>
    public override string ToString() => nameof(ChangePasswordBody);
}

/// <summary>A personal access token to make; the expiry is in microseconds from now, 0 and the largest number are never.</summary>
internal sealed record CreateTokenBody(string Name, ulong Expiry);

/// <summary>A topic to make. An option goes before the field of the same meaning; clients since the 0.10 line send options alone.</summary>
internal sealed record CreateTopicBody(
    string Name, uint PartitionsCount, string? CompressionAlgorithm = null, ulong? MessageExpiry = null, ulong? MaxTopicSize = null, byte? ReplicationFactor = null,
    [property: JsonConverter(typeof(ScalarTextsConverter))] Dictionary<string, string>? Options = null);

/// <summary>A topic's name and settings anew; what is left out stays.</summary>
/// <remarks>Clients since the 0.10 line send what changes alone, as numbers or texts, and names of what goes back to its default.</remarks>
internal sealed record UpdateTopicBody(
    string? Name = null, string? CompressionAlgorithm = null, [property: JsonConverter(typeof(DurationConverter))] ulong? MessageExpiry = null,
    [property: JsonConverter(typeof(SizeTextConverter))] ulong? MaxTopicSize = null, byte? ReplicationFactor = null,
    [property: JsonConverter(typeof(ScalarTextsConverter))] Dictionary<string, string>? Options = null, string[]? Reset = null);

/// <summary>Partitions to add.</summary>
internal sealed record PartitionsBody(uint PartitionsCount);

/// <summary>An offset to store; the kind is <c>consumer</c> or <c>group</c>.</summary>
internal sealed record StoreOffsetBody(
    ulong Offset, [property: JsonConverter(typeof(ConsumerIdConverter))] Identifier? ConsumerId = null, uint? PartitionId = null, string? ConsumerKind = null,
    ContextJson? Context = null);

/// <summary>A consumer as a number, or as a text, in which digits are a number too.</summary>
internal sealed class ConsumerIdConverter : JsonConverter<Identifier?>
{
    public override Identifier? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
    {
        JsonTokenType.Number => new Identifier(reader.GetUInt32()),
        JsonTokenType.String => HttpCall.ParseIdentifier(reader.GetString()!),
        _ => throw new JsonException(),
    };

    public override void Write(Utf8JsonWriter writer, Identifier? value, JsonSerializerOptions options) => writer.WriteStringValue(value?.ToString());
}

/// <summary>What to put into a support archive, and how to pack it, by the names of the protocol.</summary>
internal sealed record SnapshotBody(string Compression, string[] SnapshotTypes);
