namespace Iggy.Storage;

/// <summary>What a consumer of one log has not read yet.</summary>
/// <param name="Messages">How many messages; those that are gone do not count.</param>
/// <param name="OldestMicros">When the oldest of them was appended, since the Unix epoch; 0 when there is none, or its time cannot be read.</param>
public readonly record struct ConsumerLag(ulong Messages, ulong OldestMicros);

/// <summary>What the consumer groups of one log have not read yet.</summary>
/// <param name="Unread">Of a group that has stored nothing.</param>
/// <param name="Groups">Of those that have, by their ids.</param>
public sealed record LogLags(ConsumerLag Unread, IReadOnlyDictionary<uint, ConsumerLag> Groups)
{
    /// <summary>Of an empty log: nobody is behind.</summary>
    public static LogLags None { get; } = new(default, new Dictionary<uint, ConsumerLag>());
}
