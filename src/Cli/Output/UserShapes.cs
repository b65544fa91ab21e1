using Iggy.Cli.Values;
using Iggy.Protocol;
using Iggy.Protocol.Classic;

namespace Iggy.Cli.Output;

internal sealed record UserJson(uint Id, ulong CreatedAt, string Status, string Username, IReadOnlyList<string>? Permissions, IReadOnlyList<StreamPermissionsJson>? Streams)
{
    public static UserJson Of(UserRecord user, Permissions? permissions = null) => new(
        user.Id,
        user.CreatedAtMicros,
        Names.Of(user.Status),
        user.Username,
        permissions is null ? null : PermissionTexts.Names(permissions.Global),
        permissions is null ? null : [.. permissions.Streams.Select(StreamPermissionsJson.Of)]);
}

internal sealed record StreamPermissionsJson(uint StreamId, IReadOnlyList<string> Permissions, IReadOnlyList<TopicPermissionsJson> Topics)
{
    public static StreamPermissionsJson Of(StreamPermissions stream) =>
        new(stream.StreamId, PermissionTexts.Names(stream.Flags), [.. stream.Topics.Select(topic => new TopicPermissionsJson(topic.TopicId, PermissionTexts.Names(topic.Flags)))]);
}

internal sealed record TopicPermissionsJson(uint TopicId, IReadOnlyList<string> Permissions);

internal sealed record TokenJson(string Name, ulong? ExpiresAt)
{
    public static TokenJson Of(TokenRecord token) => new(token.Name, token.ExpiresAtMicros == 0 ? null : token.ExpiresAtMicros);
}

internal sealed record NewTokenJson(string Name, string Token);

internal sealed record GroupJson(uint Id, uint PartitionsCount, uint MembersCount, string Name, IReadOnlyList<MemberJson>? Members)
{
    public static GroupJson Of(ConsumerGroupRecord group, IEnumerable<ConsumerGroupMember>? members = null) =>
        new(group.Id, group.PartitionsCount, group.MembersCount, group.Name, members?.Select(member => new MemberJson(member.Id, member.Partitions)).ToArray());
}

internal sealed record MemberJson(uint Id, IReadOnlyList<uint> Partitions);

internal sealed record GroupProgressJson(uint Id, string Name, uint MembersCount, ulong Lag, IReadOnlyList<PartitionProgressJson> Partitions);

internal sealed record PartitionProgressJson(uint PartitionId, ulong CurrentOffset, ulong? StoredOffset, ulong Lag, uint? MemberId);

/// <param name="PartitionId">Where.</param>
/// <param name="StoredOffset">What is stored now; null for nothing.</param>
/// <param name="NewOffset">What is stored afterwards; null for nothing.</param>
/// <param name="NextOffset">The message that comes next then; null for the first one kept.</param>
internal sealed record OffsetChangeJson(uint PartitionId, ulong? StoredOffset, ulong? NewOffset, ulong? NextOffset);

internal sealed record OffsetChangesJson(bool IsDone, IReadOnlyList<OffsetChangeJson> Partitions);

internal sealed record MirroredJson(string Stream, string Topic, uint PartitionsCount, long MessagesCount, int GroupsCount, int OffsetsCount);

internal sealed record CopiedJson(long MessagesCount);

internal sealed record DeadLetterJson(
    uint PartitionId, ulong Offset, ulong Timestamp, string OriginTopic, uint OriginPartitionId, ulong OriginOffset, int Attempts, string Error, string Id, string Payload);

internal sealed record ReplayedJson(long MessagesCount, long SkippedCount);

internal sealed record OptionJson(string Name, string Kind, string Default, string Description);

internal sealed record SettingJson(string Name, string Value);

internal sealed record SessionJson(string Context, string Server, string Transport, string Login, string? SessionName, ulong? SessionExpiresAt, uint ClientId, uint? UserId);

internal sealed record ContextJson(string Name, bool IsActive);

internal sealed record SnapshotJson(string File, long SizeBytes);
