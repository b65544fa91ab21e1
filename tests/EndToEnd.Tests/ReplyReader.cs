using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Iggy.EndToEnd.Tests;

/// <summary>Walks a reply field by field as the protocol has it, and fails where the bytes are not what the field allows.</summary>
internal sealed class ReplyReader(byte[] reply)
{
    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private int _at;

    public bool IsAtEnd => _at == reply.Length;

    public byte U8() => Take(1)[0];

    public uint U32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    public ulong U64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

    /// <summary>A u8 that may only be one of these.</summary>
    public byte OneOf(params byte[] allowed)
    {
        var value = U8();
        Assert.Contains(value, allowed);
        return value;
    }

    public string Name()
    {
        var length = U8();
        Assert.NotEqual(0, length);
        return s_strict.GetString(Take(length));
    }

    public string Str32() => s_strict.GetString(Take(checked((int)U32())));

    public ReadOnlySpan<byte> Take(int count)
    {
        Assert.True(reply.Length - _at >= count, $"{count} bytes are missing at {_at} of {Convert.ToHexString(reply)}.");
        _at += count;
        return reply.AsSpan(_at - count, count);
    }

    public ReadOnlySpan<byte> Rest() => Take(reply.Length - _at);

    /// <summary>As many records as were announced, no more and no less.</summary>
    public void Times(uint count, Action<ReplyReader> record)
    {
        for (var i = 0u; i < count; i++)
            record(this);
    }

    /// <summary>Records to the end of the reply, which lists have no count of.</summary>
    public void ToEnd(Action<ReplyReader> record)
    {
        while (!IsAtEnd)
            record(this);
    }
}

/// <summary>The replies of section 3, as walks.</summary>
internal static class ReplyShapes
{
    /// <summary>A payload of length 0.</summary>
    public static void Nothing(ReplyReader reply) => Assert.True(reply.IsAtEnd);

    public static void Identity(ReplyReader reply) => reply.U32();

    public static void Stats(ReplyReader reply)
    {
        reply.Take(108);
        reply.Times(4, static text => text.Str32()); // host, system, its version, kernel
        Assert.Equal("0.8.0", reply.Str32());
        Assert.Equal((8000u, 0u), (reply.U32(), reply.U32())); // no cache figures: one released client goes wrong with two
        reply.Take(4 + 8 + 8);
    }

    public static void Cluster(ReplyReader reply)
    {
        reply.Str32();
        reply.Times(reply.U32(), static node =>
        {
            Assert.NotEqual("", node.Str32());
            Assert.NotEqual("", node.Str32());
            node.Take(4 * 2);
            node.OneOf(0, 1);
            node.OneOf(0, 1, 2, 3, 4);
        });
    }

    public static void ClientDetails(ReplyReader reply) => reply.Times(ClientRecord(reply), static group => group.Take(3 * 4));

    public static void Clients(ReplyReader reply) => reply.ToEnd(static client => ClientRecord(client));

    public static void UserDetails(ReplyReader reply)
    {
        UserRecord(reply);
        if (reply.OneOf(0, 1) == 0)
            Assert.Equal(new byte[3], reply.Take(3).ToArray());
        else
            reply.Take(checked((int)reply.U32()));
    }

    public static void Users(ReplyReader reply) => reply.ToEnd(UserRecord);

    public static void Tokens(ReplyReader reply) => reply.ToEnd(static token =>
    {
        token.Name();
        token.U64();
    });

    public static void NewToken(ReplyReader reply) => Assert.Equal(68, reply.Name().Length);

    public static void Messages(ReplyReader reply)
    {
        reply.Take(4 + 8);
        reply.Times(reply.U32(), static message =>
        {
            message.Take(48);
            var (headers, payload) = (message.U32(), message.U32());
            Assert.Equal(0ul, message.U64());
            message.Take(checked((int)(headers + payload)));
        });
    }

    public static void ConsumerOffset(ReplyReader reply) => reply.Take(4 + 8 + 8);

    public static void StreamWithTopics(ReplyReader reply) => reply.Times(StreamRecord(reply), static topic => TopicRecord(topic));

    /// <summary>A stream that was just made.</summary>
    public static void NewStream(ReplyReader reply) => Assert.Equal(0u, StreamRecord(reply));

    public static void Streams(ReplyReader reply) => reply.ToEnd(static stream => StreamRecord(stream));

    public static void TopicWithPartitions(ReplyReader reply) => reply.Times(TopicRecord(reply), static partition => partition.Take(40));

    public static void Topics(ReplyReader reply) => reply.ToEnd(static topic => TopicRecord(topic));

    public static void GroupWithMembers(ReplyReader reply) => reply.Times(GroupRecord(reply), static member =>
    {
        member.U32();
        member.Times(member.U32(), static partition => partition.U32());
    });

    public static void Groups(ReplyReader reply) => reply.ToEnd(static group => GroupRecord(group));

    /// <summary>A ZIP file with something in it.</summary>
    public static void Archive(ReplyReader reply)
    {
        using var zip = new ZipArchive(new MemoryStream(reply.Rest().ToArray()));
        Assert.NotEmpty(zip.Entries);
    }

    // Each returns the number of records that it announces.

    private static uint ClientRecord(ReplyReader reply)
    {
        reply.U32();
        reply.U32();
        reply.OneOf(1, 2, 3, 4);
        reply.Str32();
        return reply.U32();
    }

    private static uint StreamRecord(ReplyReader reply)
    {
        reply.U32();
        reply.U64();
        var topics = reply.U32();
        reply.Take(8 + 8);
        reply.Name();
        return topics;
    }

    private static uint TopicRecord(ReplyReader reply)
    {
        reply.U32();
        reply.U64();
        var partitions = reply.U32();
        reply.U64();
        reply.OneOf(1, 2);
        reply.U64();
        Assert.NotEqual(0, reply.U8());
        reply.Take(8 + 8);
        reply.Name();
        return partitions;
    }

    private static uint GroupRecord(ReplyReader reply)
    {
        reply.U32();
        reply.U32();
        var members = reply.U32();
        reply.Name();
        return members;
    }

    private static void UserRecord(ReplyReader reply)
    {
        reply.U32();
        reply.U64();
        reply.OneOf(1, 2);
        Assert.InRange(Encoding.UTF8.GetByteCount(reply.Name()), 3, 50);
    }
}
