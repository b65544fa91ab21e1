using Iggy.Protocol;

namespace Iggy.Ui.Access;

/// <summary>What is granted in one stream, as a person thinks of it.</summary>
internal sealed class StreamGrant
{
    private StreamPermissionFlags _flags;

    /// <summary>The stream.</summary>
    public required uint StreamId { get; init; }

    /// <summary>The stream with all its topics.</summary>
    public Level Stream { get => Get(StreamPermissionFlags.ReadStream, StreamPermissionFlags.ManageStream); set => Set(StreamPermissionFlags.ReadStream, StreamPermissionFlags.ManageStream, value); }

    /// <summary>Its topics.</summary>
    public Level Topics { get => Get(StreamPermissionFlags.ReadTopics, StreamPermissionFlags.ManageTopics); set => Set(StreamPermissionFlags.ReadTopics, StreamPermissionFlags.ManageTopics, value); }

    /// <summary>Reading messages.</summary>
    public bool Polls { get => _flags.HasFlag(StreamPermissionFlags.PollMessages); set => _flags = value ? _flags | StreamPermissionFlags.PollMessages : _flags & ~StreamPermissionFlags.PollMessages; }

    /// <summary>Sending.</summary>
    public bool Sends { get => _flags.HasFlag(StreamPermissionFlags.SendMessages); set => _flags = value ? _flags | StreamPermissionFlags.SendMessages : _flags & ~StreamPermissionFlags.SendMessages; }

    /// <summary>What is granted in single topics.</summary>
    public List<TopicGrant> Each { get; } = [];

    /// <summary>Whether nothing is granted.</summary>
    public bool IsEmpty => _flags == 0 && Each.TrueForAll(static topic => topic.IsEmpty);

    /// <summary>The form of permissions.</summary>
    public static StreamGrant Of(StreamPermissions permissions)
    {
        var form = new StreamGrant { StreamId = permissions.StreamId, _flags = permissions.Flags };
        form.Each.AddRange(permissions.Topics.Select(static topic => TopicGrant.Of(topic)));
        return form;
    }

    /// <summary>The permissions.</summary>
    public StreamPermissions ToPermissions() => new(StreamId, _flags, [.. Each.Where(static topic => !topic.IsEmpty).Select(static topic => topic.ToPermissions()).OrderBy(static topic => topic.TopicId)]);

    private Level Get(StreamPermissionFlags read, StreamPermissionFlags manage) => (_flags & manage) != 0 ? Level.Manage : (_flags & read) != 0 ? Level.Read : Level.None;

    private void Set(StreamPermissionFlags read, StreamPermissionFlags manage, Level level)
    {
        if (Get(read, manage) != level)
            _flags = (_flags & ~(read | manage)) | (level is Level.Manage ? read | manage : level is Level.Read ? read : 0);
    }
}

/// <summary>What is granted in one topic.</summary>
internal sealed class TopicGrant
{
    private TopicPermissionFlags _flags;

    /// <summary>The topic.</summary>
    public required uint TopicId { get; init; }

    /// <summary>The topic.</summary>
    public Level Topic
    {
        get => _flags.HasFlag(TopicPermissionFlags.ManageTopic) ? Level.Manage : _flags.HasFlag(TopicPermissionFlags.ReadTopic) ? Level.Read : Level.None;
        set
        {
            if (Topic != value)
                _flags = (_flags & ~(TopicPermissionFlags.ReadTopic | TopicPermissionFlags.ManageTopic))
                    | (value is Level.Manage ? TopicPermissionFlags.ReadTopic | TopicPermissionFlags.ManageTopic : value is Level.Read ? TopicPermissionFlags.ReadTopic : 0);
        }
    }

    /// <summary>Reading messages.</summary>
    public bool Polls { get => _flags.HasFlag(TopicPermissionFlags.PollMessages); set => _flags = value ? _flags | TopicPermissionFlags.PollMessages : _flags & ~TopicPermissionFlags.PollMessages; }

    /// <summary>Sending.</summary>
    public bool Sends { get => _flags.HasFlag(TopicPermissionFlags.SendMessages); set => _flags = value ? _flags | TopicPermissionFlags.SendMessages : _flags & ~TopicPermissionFlags.SendMessages; }

    /// <summary>Whether nothing is granted.</summary>
    public bool IsEmpty => _flags == 0;

    /// <summary>The form of permissions.</summary>
    public static TopicGrant Of(TopicPermissions permissions) => new() { TopicId = permissions.TopicId, _flags = permissions.Flags };

    /// <summary>The permissions.</summary>
    public TopicPermissions ToPermissions() => new(TopicId, _flags);
}
