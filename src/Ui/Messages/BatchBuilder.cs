using Iggy.Grains.Interfaces.Partitions;
using Iggy.Protocol;
using Iggy.Protocol.Classic;

namespace Iggy.Ui.Messages;

/// <summary>A message to send.</summary>
/// <param name="Id">0 for one that the server gives.</param>
/// <param name="Payload">What it carries.</param>
/// <param name="RawHeaders">Its user headers, as they are stored.</param>
/// <param name="OriginMicros">When it was made.</param>
internal readonly record struct OutgoingMessage(UInt128 Id, ReadOnlyMemory<byte> Payload, ReadOnlyMemory<byte> RawHeaders, ulong OriginMicros);

/// <summary>Makes a batch of messages.</summary>
internal static class BatchBuilder
{
    /// <summary>A batch; its memory is its own, so that it may be read after the call was given up.</summary>
    /// <param name="messages">One at least.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="trouble">Why there is none; null where there is.</param>
    public static bool TryBuild(IReadOnlyList<OutgoingMessage> messages, out MessageBatch batch, out string? trouble)
    {
        (batch, trouble) = (default, null);
        var length = 0L;
        foreach (var message in messages)
        {
            if (message.Payload.Length is 0 || message.Payload.Length > ProtocolLimits.MaxMessagePayloadBytes)
                trouble = $"A payload has 1 to {ProtocolLimits.MaxMessagePayloadBytes} bytes.";
            else if (message.RawHeaders.Length > ProtocolLimits.MaxUserHeadersBytes)
                trouble = $"User headers have {ProtocolLimits.MaxUserHeadersBytes} bytes at most.";
            length += ClassicMessageHeader.SizeInBytes + message.Payload.Length + message.RawHeaders.Length;
        }
        if (trouble is not null)
            return false;

        var (bytes, at) = (new byte[length], 0);
        foreach (var message in messages)
        {
            var header = new ClassicMessageHeader
            {
                Id = message.Id, OriginTimestampMicros = message.OriginMicros, PayloadBytes = (uint)message.Payload.Length, UserHeadersBytes = (uint)message.RawHeaders.Length,
            };
            header.WriteTo(bytes.AsSpan(at));
            message.Payload.Span.CopyTo(bytes.AsSpan(at + ClassicMessageHeader.SizeInBytes));
            message.RawHeaders.Span.CopyTo(bytes.AsSpan(at + ClassicMessageHeader.SizeInBytes + message.Payload.Length));
            at += (int)header.MessageBytes;
        }
        batch = new MessageBatch(MessageLayout.Classic, bytes, (uint)messages.Count);
        return true;
    }
}
