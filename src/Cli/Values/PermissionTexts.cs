using System.Collections.Immutable;
using System.Globalization;
using Iggy.Protocol;

namespace Iggy.Cli.Values;

/// <summary>Permissions as upstream's tool writes them: flags joined by commas, in their long or short names; for streams
/// <c>STREAM_ID[:flags][#TOPIC_ID[:flags]]…</c>.</summary>
internal static class PermissionTexts
{
    private static readonly (uint Flag, string Long, string Short)[] _global =
    [
        ((uint)GlobalPermissions.ManageServers, "manage_servers", "m_srv"),
        ((uint)GlobalPermissions.ReadServers, "read_servers", "r_srv"),
        ((uint)GlobalPermissions.ManageUsers, "manage_users", "m_usr"),
        ((uint)GlobalPermissions.ReadUsers, "read_users", "r_usr"),
        ((uint)GlobalPermissions.ManageStreams, "manage_streams", "m_str"),
        ((uint)GlobalPermissions.ReadStreams, "read_streams", "r_str"),
        ((uint)GlobalPermissions.ManageTopics, "manage_topics", "m_top"),
        ((uint)GlobalPermissions.ReadTopics, "read_topics", "r_top"),
        ((uint)GlobalPermissions.PollMessages, "poll_messages", "p_msg"),
        ((uint)GlobalPermissions.SendMessages, "send_messages", "s_msg"),
    ];

    private static readonly (uint Flag, string Long, string Short)[] _stream =
    [
        ((uint)StreamPermissionFlags.ManageStream, "manage_stream", "m_str"),
        ((uint)StreamPermissionFlags.ReadStream, "read_stream", "r_str"),
        ((uint)StreamPermissionFlags.ManageTopics, "manage_topics", "m_top"),
        ((uint)StreamPermissionFlags.ReadTopics, "read_topics", "r_top"),
        ((uint)StreamPermissionFlags.PollMessages, "poll_messages", "p_msg"),
        ((uint)StreamPermissionFlags.SendMessages, "send_messages", "s_msg"),
    ];

    private static readonly (uint Flag, string Long, string Short)[] _topic =
    [
        ((uint)TopicPermissionFlags.ManageTopic, "manage_topic", "m_top"),
        ((uint)TopicPermissionFlags.ReadTopic, "read_topic", "r_top"),
        ((uint)TopicPermissionFlags.PollMessages, "poll_messages", "p_msg"),
        ((uint)TopicPermissionFlags.SendMessages, "send_messages", "s_msg"),
    ];

    /// <summary>Reads permissions.</summary>
    /// <param name="global">Flags, also several joined by commas.</param>
    /// <param name="streams">A text for each stream.</param>
    /// <returns>Null where both are empty: no permissions at all.</returns>
    /// <exception cref="CommandException">A text is something else; the message names it.</exception>
    public static Permissions? Parse(IReadOnlyList<string> global, IReadOnlyList<string> streams)
    {
        if (global.Count == 0 && streams.Count == 0)
            return null;
        var entries = streams.Select(ParseStream).ToImmutableArray();
        if (entries.GroupBy(stream => stream.StreamId).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new CommandException(ExitCode.Usage, $"Stream {twice.Key} has permissions twice.");
        return new((GlobalPermissions)global.Aggregate(0U, (flags, text) => flags | ParseFlags(text, text, _global)), entries);
    }

    /// <summary>The long names of global flags.</summary>
    public static string[] Names(GlobalPermissions flags) => Names((uint)flags, _global);

    /// <summary>The long names of a stream's flags.</summary>
    public static string[] Names(StreamPermissionFlags flags) => Names((uint)flags, _stream);

    /// <summary>The long names of a topic's flags.</summary>
    public static string[] Names(TopicPermissionFlags flags) => Names((uint)flags, _topic);

    private static StreamPermissions ParseStream(string text)
    {
        var parts = text.Split('#');
        var (id, flags) = ParseEntry(text, parts[0], _stream);
        var topics = parts[1..].Select(part => ParseEntry(text, part, _topic)).Select(topic => new TopicPermissions(topic.Id, (TopicPermissionFlags)topic.Flags));
        return new(id, (StreamPermissionFlags)flags, [.. topics]);
    }

    private static (uint Id, uint Flags) ParseEntry(string whole, string entry, (uint Flag, string Long, string Short)[] names)
    {
        var colon = entry.IndexOf(':', StringComparison.Ordinal);
        var (number, flags) = colon < 0 ? (entry, "") : (entry[..colon], entry[(colon + 1)..]);
        return uint.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            ? (id, flags.Length == 0 ? 0 : ParseFlags(whole, flags, names))
            : throw new CommandException(ExitCode.Usage, $"'{whole}': '{number}' is no id; expected STREAM_ID[:flags][#TOPIC_ID[:flags]].");
    }

    private static uint ParseFlags(string whole, string text, (uint Flag, string Long, string Short)[] names)
    {
        var flags = 0U;
        foreach (var word in text.Split(','))
        {
            var (flag, _, _) = Array.Find(names, name => name.Long == word || name.Short == word);
            flags |= flag != 0
                ? flag
                : throw new CommandException(ExitCode.Usage, $"'{whole}': '{word}' is no permission; expected {string.Join(", ", names.Select(name => $"{name.Long} or {name.Short}"))}.");
        }
        return flags;
    }

    private static string[] Names(uint flags, (uint Flag, string Long, string Short)[] names) =>
        [.. names.Where(name => (flags & name.Flag) != 0).Select(name => name.Long)];
}
