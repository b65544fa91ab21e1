using System.Buffers;
using System.Text;
using Iggy.Protocol;
using Iggy.Protocol.Classic;

namespace Iggy.Client.Tests;

/// <summary>Payloads of replies.</summary>
internal static class ReplyBytes
{
    /// <summary>A poll reply with messages of consecutive offsets.</summary>
    public static byte[] Poll(uint partitionId, ulong firstOffset, params string[] payloads)
    {
        var bytes = new byte[16 + payloads.Sum(payload => 64 + payload.Length)];
        PollMessagesReply.WriteHead(bytes, partitionId, firstOffset + (ulong)payloads.Length - 1, (uint)payloads.Length);
        var at = 16;
        foreach (var payload in payloads)
            at += ClassicMessageWriter.Write(bytes.AsSpan(at), new() { Offset = firstOffset++, Id = 42, TimestampMicros = 5, OriginTimestampMicros = 6 }, Encoding.UTF8.GetBytes(payload), []);
        return bytes;
    }

    /// <summary>The bytes of a value.</summary>
    public static byte[] Of<T>(T value) where T : IWireValue<T>
    {
        var bytes = new ArrayBufferWriter<byte>();
        value.Write(new WireWriter(bytes));
        return bytes.WrittenSpan.ToArray();
    }
}
