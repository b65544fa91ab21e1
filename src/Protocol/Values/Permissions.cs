using System.Collections.Immutable;

namespace Iggy.Protocol;

/// <summary>What a user may do. Ids are not checked for existence.</summary>
/// <remarks>Layout: ten flags, then u8 has_streams; where that is 1, entries of u32 id, six flags, u8 has_topics, topics, u8 has_next; a
/// topic is u32 id, four flags, u8 has_next. Entries are written by ascending id; of two with one id the later counts when read.</remarks>
/// <param name="Global">On the whole server.</param>
/// <param name="Streams">On single streams, ids not repeated.</param>
public sealed record Permissions(GlobalPermissions Global, ImmutableArray<StreamPermissions> Streams) : IWireValue<Permissions>
{
    private const int GlobalFlags = 10;

    /// <summary>Everything: what the root user has.</summary>
    public static Permissions All { get; } = new((GlobalPermissions)((1 << GlobalFlags) - 1), []);

    /// <inheritdoc/>
    public static Permissions Read(ref WireReader reader)
    {
        var global = (GlobalPermissions)WireFlags.Read(ref reader, GlobalFlags);
        if (!reader.Flag())
            return new Permissions(global, []);

        var streams = new SortedDictionary<uint, StreamPermissions>();
        do
        {
            var stream = StreamPermissions.Read(ref reader);
            streams[stream.StreamId] = stream;
        }
        while (reader.Flag()); // ends at the end of the block at the latest: a read past it fails and gives no flag
        return new Permissions(global, [.. streams.Values]);
    }

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        WireFlags.Write(writer, (uint)Global, GlobalFlags);
        writer.Boolean(!Streams.IsDefaultOrEmpty);
        if (Streams.IsDefaultOrEmpty)
            return;

        var ascending = Streams.Sort(static (a, b) => a.StreamId.CompareTo(b.StreamId));
        for (var i = 0; i < ascending.Length; i++)
        {
            ascending[i].Write(writer);
            writer.Boolean(i < ascending.Length - 1);
        }
    }

    /// <summary>Reads the block as requests carry it: a flag, and where it is 1 a u32 length and the block.</summary>
    /// <returns>Null where there is none. A block with bytes left over is <see cref="IggyError.InvalidFormat"/>, one that ends
    /// early <see cref="IggyError.InvalidCommand"/>.</returns>
    public static Permissions? ReadOptional(ref WireReader reader) => reader.Flag() ? ReadBlock(ref reader) : null;

    /// <summary>Writes the block as requests carry it; a zero byte for null.</summary>
    public static void WriteOptional(WireWriter writer, Permissions? permissions)
    {
        writer.Boolean(permissions is not null);
        if (permissions is null)
            return;
        writer.U32((uint)permissions.CountBytes());
        permissions.Write(writer);
    }

    /// <summary>Reads the block as user details carry it: like in a request, but four zero bytes where there is none.</summary>
    public static Permissions? ReadInDetails(ref WireReader reader)
    {
        if (reader.Flag())
            return ReadBlock(ref reader);
        reader.Bytes(3);
        return null;
    }

    /// <summary>Writes the block as user details carry it.</summary>
    public static void WriteInDetails(WireWriter writer, Permissions? permissions)
    {
        if (permissions is null)
            writer.U32(0);
        else
            WriteOptional(writer, permissions);
    }

    private static Permissions ReadBlock(ref WireReader reader)
    {
        var block = new WireReader(reader.Bytes(reader.U32()));
        if (reader.Error is not IggyError.None)
            return new Permissions(GlobalPermissions.None, []); // dropped by whoever sees the error
        var permissions = Read(ref block);
        if (block.Error is not IggyError.None)
            reader.Fail(block.Error);
        else if (!block.IsAtEnd)
            reader.Fail(IggyError.InvalidFormat);
        return permissions;
    }

    private int CountBytes()
    {
        var bytes = GlobalFlags + 1;
        foreach (var stream in Streams.IsDefault ? [] : Streams)
            bytes += stream.CountBytes() + 1;
        return bytes;
    }
}

/// <summary>What a user may do in one stream.</summary>
/// <param name="StreamId">The stream, by number.</param>
/// <param name="Flags">In the whole stream.</param>
/// <param name="Topics">In single topics, ids not repeated.</param>
public sealed record StreamPermissions(uint StreamId, StreamPermissionFlags Flags, ImmutableArray<TopicPermissions> Topics)
{
    private const int StreamFlags = 6;

    internal static StreamPermissions Read(ref WireReader reader)
    {
        var id = reader.U32();
        var flags = (StreamPermissionFlags)WireFlags.Read(ref reader, StreamFlags);
        if (!reader.Flag())
            return new StreamPermissions(id, flags, []);

        var topics = new SortedDictionary<uint, TopicPermissions>();
        do
        {
            var topic = TopicPermissions.Read(ref reader);
            topics[topic.TopicId] = topic;
        }
        while (reader.Flag());
        return new StreamPermissions(id, flags, [.. topics.Values]);
    }

    internal void Write(WireWriter writer)
    {
        writer.U32(StreamId);
        WireFlags.Write(writer, (uint)Flags, StreamFlags);
        writer.Boolean(!Topics.IsDefaultOrEmpty);
        if (Topics.IsDefaultOrEmpty)
            return;

        var ascending = Topics.Sort(static (a, b) => a.TopicId.CompareTo(b.TopicId));
        for (var i = 0; i < ascending.Length; i++)
        {
            ascending[i].Write(writer);
            writer.Boolean(i < ascending.Length - 1);
        }
    }

    internal int CountBytes() =>
        sizeof(uint) + StreamFlags + 1 + (Topics.IsDefault ? 0 : Topics.Length * (TopicPermissions.SizeInBytes + 1));
}

/// <summary>What a user may do in one topic.</summary>
/// <param name="TopicId">The topic, by number.</param>
/// <param name="Flags">In the topic.</param>
public readonly record struct TopicPermissions(uint TopicId, TopicPermissionFlags Flags)
{
    private const int TopicFlags = 4;

    internal const int SizeInBytes = sizeof(uint) + TopicFlags;

    internal static TopicPermissions Read(ref WireReader reader) =>
        new(reader.U32(), (TopicPermissionFlags)WireFlags.Read(ref reader, TopicFlags));

    internal void Write(WireWriter writer)
    {
        writer.U32(TopicId);
        WireFlags.Write(writer, (uint)Flags, TopicFlags);
    }
}

/// <summary>Flags as the protocol sends them: a byte each, in the order of the bits.</summary>
internal static class WireFlags
{
    public static uint Read(ref WireReader reader, int count)
    {
        var flags = 0U;
        for (var i = 0; i < count; i++)
            flags |= reader.Boolean() ? 1U << i : 0;
        return flags;
    }

    public static void Write(WireWriter writer, uint flags, int count)
    {
        for (var i = 0; i < count; i++)
            writer.Boolean((flags & (1U << i)) != 0);
    }
}
