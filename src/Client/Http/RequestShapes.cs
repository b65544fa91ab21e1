using System.Text.Json.Serialization;
using Iggy.Protocol.Classic;

namespace Iggy.Client.Http;

/// <summary>A name: of a new stream or group, or the new one of a stream.</summary>
internal sealed record NameShape(string Name);

/// <summary>Name and password, and who this client is.</summary>
internal sealed record LoginShape(string Username, string Password, string Version, string Context)
{
    /// <summary>Without the secret, for logs.</summary>
    public override string ToString() => $"LoginShape {{ Username = {Username} }}";
}

/// <summary>A token: to log in with, to refresh, or just made.</summary>
internal sealed record TokenShape(string Token)
{
    /// <summary>Without the secret, for logs.</summary>
    public override string ToString() => nameof(TokenShape);
}

/// <summary>What a support archive holds, by the names of the protocol.</summary>
internal sealed record SnapshotShape(string Compression, string[] SnapshotTypes);

/// <summary>A topic to make. No replication factor leaves it to the server.</summary>
internal sealed record NewTopicShape(
    string Name, uint PartitionsCount, string CompressionAlgorithm, ulong MessageExpiry, ulong MaxTopicSize, byte? ReplicationFactor)
{
    /// <summary>Options of the server; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Dictionary<string, string>? Options { get; init; }

    /// <summary>From the command.</summary>
    public static NewTopicShape Of(CreateTopicRequest create) => new(
        create.Name, create.PartitionsCount, ApiTexts.Of(create.Compression), create.MessageExpiryMicros, create.MaxTopicSizeBytes,
        create.ReplicationFactor == 0 ? null : create.ReplicationFactor);
}

/// <summary>A topic's name and settings anew.</summary>
internal sealed record TopicUpdateShape(string Name, string CompressionAlgorithm, ulong MessageExpiry, ulong MaxTopicSize, byte? ReplicationFactor)
{
    /// <summary>Options of the server; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Dictionary<string, string>? Options { get; init; }

    /// <summary>From the command.</summary>
    public static TopicUpdateShape Of(UpdateTopicRequest update) => new(
        update.Name, ApiTexts.Of(update.Compression), update.MessageExpiryMicros, update.MaxTopicSizeBytes, update.ReplicationFactor == 0 ? null : update.ReplicationFactor);
}

/// <summary>Partitions to add.</summary>
internal sealed record PartitionsShape(uint PartitionsCount);

/// <summary>An offset to store. Digits are a consumer's number; no kind is a consumer on its own.</summary>
internal sealed record OffsetUpdateShape(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? ConsumerKind, string ConsumerId, uint? PartitionId, ulong Offset);

/// <summary>A user to make.</summary>
internal sealed record NewUserShape(string Username, string Password, string Status, PermissionsShape? Permissions)
{
    /// <summary>From the command.</summary>
    public static NewUserShape Of(CreateUserRequest create) =>
        new(create.Username, create.Password, ApiTexts.Of(create.Status), PermissionsShape.Of(create.Permissions));

    /// <summary>Without the secret, for logs.</summary>
    public override string ToString() => $"NewUserShape {{ Username = {Username} }}";
}

/// <summary>What to change of a user; null leaves it.</summary>
internal sealed record UserUpdateShape(string? Username, string? Status)
{
    /// <summary>From the command.</summary>
    public static UserUpdateShape Of(UpdateUserRequest update) => new(update.Username, update.Status is { } status ? ApiTexts.Of(status) : null);
}

/// <summary>All permissions anew; null takes all away.</summary>
internal sealed record PermissionsUpdateShape(PermissionsShape? Permissions);

/// <summary>The present password and the next.</summary>
internal sealed record PasswordShape(string CurrentPassword, string NewPassword)
{
    /// <summary>Without the secrets, for logs.</summary>
    public override string ToString() => nameof(PasswordShape);
}

/// <summary>A personal access token to make; the expiry is in microseconds from now, 0 is never.</summary>
internal sealed record NewTokenShape(string Name, ulong Expiry);
