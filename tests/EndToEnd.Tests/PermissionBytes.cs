using System.Buffers.Binary;
using static Iggy.Testing.RawClient;

namespace Iggy.EndToEnd.Tests;

/// <summary>Permission blocks and user records, written and read byte by byte as the protocol has them.</summary>
internal static class PermissionBytes
{
    public static readonly string[] GlobalFlags =
        ["manage_servers", "read_servers", "manage_users", "read_users", "manage_streams", "read_streams", "manage_topics", "read_topics", "poll_messages", "send_messages"];

    public static readonly string[] StreamFlags = ["manage_stream", "read_stream", "manage_topics", "read_topics", "poll_messages", "send_messages"];

    public static readonly string[] TopicFlags = ["manage_topic", "read_topic", "poll_messages", "send_messages"];

    /// <summary>No block, as requests say it.</summary>
    public static byte[] None => U8(0);

    /// <summary>Global flags by name, in a request.</summary>
    public static byte[] Global(params string[] flags) => Wrap([.. Flags(GlobalFlags, flags), 0]);

    /// <summary>Flags in one stream, in a request.</summary>
    public static byte[] InStream(uint stream, params string[] flags) =>
        Wrap([.. new byte[10], 1, .. U32(stream), .. Flags(StreamFlags, flags), 0, 0]);

    /// <summary>Flags in one topic, in a request.</summary>
    public static byte[] InTopic(uint stream, uint topic, params string[] flags) =>
        Wrap([.. new byte[10], 1, .. U32(stream), .. new byte[6], 1, .. U32(topic), .. Flags(TopicFlags, flags), 0, 0]);

    /// <summary>A block with its length in front.</summary>
    public static byte[] Wrap(byte[] block) => Join(U8(1), U32((uint)block.Length), block);

    /// <summary>Payload of a user's creation.</summary>
    public static byte[] NewUser(string name, string password, byte[] permissions, byte status = 1) => Join(Name(name), Name(password), U8(status), permissions);

    /// <summary>Id of a user, stream or topic record.</summary>
    public static uint IdOf(byte[] record) => BinaryPrimitives.ReadUInt32LittleEndian(record);

    private static byte[] Flags(string[] names, string[] set)
    {
        Assert.All(set, flag => Assert.Contains(flag, names));
        return [.. names.Select(name => set.Contains(name) ? (byte)1 : (byte)0)];
    }
}
