using System.Diagnostics;
using Iggy.Gateway.Sessions;
using Iggy.Protocol;
using Iggy.Protocol.Classic;
using Iggy.Protocol.Vsr;

namespace Iggy.Gateway.Wire.Frames;

/// <summary>Which trace a send belongs to: that of its first message, whose producer wrote it into a header. The protocol itself has no place for it.</summary>
/// <remarks>Asked only while traces are collected: else no header of a message is read.</remarks>
internal static class SentContext
{
    /// <summary>Reads it; default when there is none, also in a request that will be refused.</summary>
    /// <param name="dialect">In which the request is written.</param>
    /// <param name="payload">Of a send; nothing is checked yet.</param>
    public static ActivityContext Read(Dialect dialect, ReadOnlySpan<byte> payload) =>
        TraceHeaders.TryReadContext(dialect is Dialect.Vsr ? FirstOfVsr(payload) : FirstOfClassic(payload), out var context) ? context : default;

    private static ReadOnlySpan<byte> FirstOfClassic(ReadOnlySpan<byte> payload)
    {
        if (SendMessagesRequest.TryRead(payload, out var request) is not IggyError.None || request.Messages.Length < ClassicMessageHeader.SizeInBytes)
            return default;
        var messages = request.Messages;
        ref readonly var header = ref ClassicMessageHeader.At(messages);
        return header.MessageBytes <= (ulong)messages.Length
            ? messages.Slice(ClassicMessageHeader.SizeInBytes + (int)header.PayloadBytes, (int)header.UserHeadersBytes)
            : default;
    }

    private static ReadOnlySpan<byte> FirstOfVsr(ReadOnlySpan<byte> payload)
    {
        if (VsrSendRequest.TryRead(payload, out var request) is not IggyError.None)
            return default;
        var messages = new BatchEnumerator(payload[request.BatchRange]);
        return messages.MoveNext() ? messages.Current.UserHeaders : default;
    }
}
