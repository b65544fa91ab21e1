using Iggy.Protocol;

namespace Iggy.Ui.Access;

/// <summary>How far a permission goes.</summary>
public enum Level
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>Look.</summary>
    Read,

    /// <summary>Look and change.</summary>
    Manage,
}

/// <summary>Permissions as a person thinks of them: of each thing, whether one may look at it or change it. What is not touched stays as it was, to the last flag.</summary>
internal sealed class PermissionForm
{
    private GlobalPermissions _global;

    /// <summary>Figures and clients of the server.</summary>
    public Level Server { get => Get(GlobalPermissions.ReadServers, GlobalPermissions.ManageServers); set => Set(GlobalPermissions.ReadServers, GlobalPermissions.ManageServers, value); }

    /// <summary>Users.</summary>
    public Level Users { get => Get(GlobalPermissions.ReadUsers, GlobalPermissions.ManageUsers); set => Set(GlobalPermissions.ReadUsers, GlobalPermissions.ManageUsers, value); }

    /// <summary>All streams, with the topics in them.</summary>
    public Level Streams { get => Get(GlobalPermissions.ReadStreams, GlobalPermissions.ManageStreams); set => Set(GlobalPermissions.ReadStreams, GlobalPermissions.ManageStreams, value); }

    /// <summary>All topics.</summary>
    public Level Topics { get => Get(GlobalPermissions.ReadTopics, GlobalPermissions.ManageTopics); set => Set(GlobalPermissions.ReadTopics, GlobalPermissions.ManageTopics, value); }

    /// <summary>Reading messages of all topics.</summary>
    public bool Polls { get => _global.HasFlag(GlobalPermissions.PollMessages); set => _global = value ? _global | GlobalPermissions.PollMessages : _global & ~GlobalPermissions.PollMessages; }

    /// <summary>Sending to all topics.</summary>
    public bool Sends { get => _global.HasFlag(GlobalPermissions.SendMessages); set => _global = value ? _global | GlobalPermissions.SendMessages : _global & ~GlobalPermissions.SendMessages; }

    /// <summary>What is granted in single streams.</summary>
    public List<StreamGrant> Each { get; } = [];

    /// <summary>The form of permissions.</summary>
    public static PermissionForm Of(Permissions? permissions)
    {
        var form = new PermissionForm { _global = permissions?.Global ?? GlobalPermissions.None };
        if (permissions is not null)
            form.Each.AddRange(permissions.Streams.Select(StreamGrant.Of));
        return form;
    }

    /// <summary>The permissions. Streams and topics without any flag are left out.</summary>
    public Permissions ToPermissions() => new(_global, [.. Each.Select(static stream => stream.ToPermissions()).Where(static stream => stream.Flags != 0 || stream.Topics.Length > 0).OrderBy(static stream => stream.StreamId)]);

    /// <summary>Sets all at once.</summary>
    public void Choose(Preset preset) => _global = preset switch
    {
        Preset.Everything => Permissions.All.Global,
        Preset.Look => GlobalPermissions.ReadServers | GlobalPermissions.ReadUsers | GlobalPermissions.ReadStreams | GlobalPermissions.ReadTopics | GlobalPermissions.PollMessages,
        Preset.ProduceAndConsume => GlobalPermissions.ReadStreams | GlobalPermissions.ReadTopics | GlobalPermissions.PollMessages | GlobalPermissions.SendMessages,
        _ => GlobalPermissions.None,
    };

    /// <summary>What the whole comes to, in words.</summary>
    public string Describe()
    {
        if (_global == Permissions.All.Global)
            return "May do everything.";
        var words = new List<string>();
        Add(Server, "the server's figures");
        Add(Users, "users");
        Add(Streams, "all streams and topics");
        if (Topics > Streams)
            Add(Topics, "all topics");
        if (Streams is Level.None && Topics is Level.None && Polls)
            words.Add("read messages of all topics");
        if (Streams is not Level.Manage && Topics is not Level.Manage && Sends)
            words.Add("send to all topics");
        var own = Each.Count(static stream => !stream.IsEmpty);
        if (own > 0)
            words.Add($"use what is granted in {own} single {(own == 1 ? "stream" : "streams")}");
        return words.Count == 0 ? "May do nothing but log in." : $"May {string.Join("; ", words)}.";

        void Add(Level level, string what)
        {
            if (level is not Level.None)
                words.Add($"{(level is Level.Manage ? "manage" : "see")} {what}");
        }
    }

    private Level Get(GlobalPermissions read, GlobalPermissions manage) => (_global & manage) != 0 ? Level.Manage : (_global & read) != 0 ? Level.Read : Level.None;

    private void Set(GlobalPermissions read, GlobalPermissions manage, Level level)
    {
        if (Get(read, manage) != level)
            _global = (_global & ~(read | manage)) | (level is Level.Manage ? read | manage : level is Level.Read ? read : 0);
    }
}

/// <summary>Permissions that are often given together.</summary>
internal enum Preset
{
    /// <summary>None.</summary>
    Nothing,

    /// <summary>See all, change nothing.</summary>
    Look,

    /// <summary>Read and send messages of all topics.</summary>
    ProduceAndConsume,

    /// <summary>All.</summary>
    Everything,
}
