using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Iggy.Gateway.Commands;
using Iggy.Protocol;
using Iggy.Protocol.Classic;
using Microsoft.AspNetCore.Http;

namespace Iggy.Gateway.Http.Messages;

/// <summary>An answer that goes on: server-sent events, each with one message as JSON.</summary>
/// <remarks>What a slow client does not take fills the connection's buffer, and no more is written until it does.</remarks>
/// <param name="response">Where to.</param>
/// <param name="hasRawHeaders">User headers as the block that is stored.</param>
/// <param name="ended">Set when the client is gone or the server stops.</param>
internal readonly struct EventStream(HttpResponse response, bool hasRawHeaders, CancellationToken ended)
{
    private static readonly JsonWriterOptions _options = new() { SkipValidation = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Sets the headers; from here on there is no other status than 200.</summary>
    public void Begin()
    {
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-cache";
        response.Headers["X-Accel-Buffering"] = "no"; // or nginx keeps events back
    }

    /// <summary>Writes messages.</summary>
    /// <param name="found">What a poll found; owned by the caller.</param>
    /// <param name="next">What comes back when there is none.</param>
    /// <param name="partitionId">Stands in front of the offset in the events' ids, where messages of several partitions are mixed.</param>
    /// <returns>The offset behind the last message.</returns>
    public async ValueTask<ulong> WriteAsync(PolledReply found, ulong next, uint? partitionId = null)
    {
        await foreach (var piece in found.PiecesAsync())
        {
            for (var rest = piece; !rest.IsEmpty;)
            {
                var length = (int)ClassicMessageHeader.At(rest.Span).MessageBytes;
                next = Write(rest.Span[..length], partitionId) + 1;
                rest = rest[length..];
                await response.BodyWriter.FlushAsync(ended);
            }
        }
        return next;
    }

    /// <summary>Writes a comment, so that the connection does not look dead.</summary>
    public async ValueTask ShowLifeAsync()
    {
        response.BodyWriter.Write(": \n\n"u8);
        await response.BodyWriter.FlushAsync(ended);
    }

    /// <summary>Writes an error: the status is gone out long ago.</summary>
    public async ValueTask TellAsync(IggyError error)
    {
        response.BodyWriter.Write("event: error\ndata: "u8);
        response.BodyWriter.Write(JsonSerializer.SerializeToUtf8Bytes(HttpErrors.Body(error), ApiJson.Wire.ErrorReply));
        response.BodyWriter.Write("\n\n"u8);
        await response.BodyWriter.FlushAsync(ended);
    }

    private ulong Write(ReadOnlySpan<byte> message, uint? partitionId)
    {
        var (output, offset) = (response.BodyWriter, ClassicMessageHeader.At(message).Offset);
        output.Write("id: "u8);
        if (partitionId is { } partition)
            output.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{partition}:")));
        output.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{offset}\nevent: message\ndata: ")));
        using (var json = new Utf8JsonWriter(output, _options))
            PollReplyWriter.WriteMessage(json, message, hasRawHeaders); // on one line, as an event's data has to be
        output.Write("\n\n"u8);
        return offset;
    }
}
