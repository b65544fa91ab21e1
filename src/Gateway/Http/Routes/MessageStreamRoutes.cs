using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Iggy.Gateway.Commands;
using Iggy.Gateway.Http.Jwt;
using Iggy.Gateway.Http.Messages;
using Iggy.Gateway.Routing;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Protocol;
using Iggy.Protocol.Classic;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Http.Routes;

/// <summary>Pushes messages as they come, as server-sent events.</summary>
/// <remarks>Each reader waits inside the partition for the next message and is woken by it, so nothing is asked again and again. What a slow client does
/// not take fills the connection's buffer, and no more is read for it until it does. Whether the token and its user are still good is asked before each
/// batch. The event's id is the offset: a client that comes back with <c>Last-Event-ID</c> goes on behind it.</remarks>
internal sealed class MessageStreamRoutes(
    MessageCommands messages, BearerAuthentication bearers, IOptions<FrameLimits> limits, IHostApplicationLifetime lifetime, TimeProvider clock) : IApiRoutes
{
    private const int Stream = 1, Topic = 3; // segments of the path
    private const uint DefaultCount = 100;

    // Shorter than the time after which proxies cut silent connections and after which a call into a grain is given up.
    private static readonly TimeSpan _silence = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan _afterFailure = TimeSpan.FromSeconds(1);
    private static readonly JsonWriterOptions _options = new() { SkipValidation = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public void AddTo(ApiRoutes routes) => routes.Get(
        "/streams/{stream}/topics/{topic}/messages/stream", "Pushes messages as they come: server-sent events, each with one message as JSON and its offset as id.",
        StreamAsync, null, PollQuery.Names);

    private async Task StreamAsync(HttpCall call)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(call.Aborted, lifetime.ApplicationStopping);
        var query = PollQuery.Of(call, DefaultCount);
        var address = TopicAddress.Of(call.Identifier(Stream), call.Identifier(Topic));
        if (call.Context.Request.Headers["Last-Event-ID"] is [{ } last] && ulong.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var seen) && seen < ulong.MaxValue)
            query = query with { From = PollFrom.Offset, Value = seen + 1 };

        // Before the first look, so that what comes in between is not missed when that look finds nothing.
        var (error, end) = await messages.WaitAsync(call.Session, address, query.PartitionId, offset: 0, TimeSpan.Zero);
        CommandRefusedException.ThrowIf(error);
        var next = query.From is PollFrom.Offset ? query.Value : end;

        (error, var polled) = await messages.PollAsync(call.Session, address, query.ToRequest(limits.Value.MaxPollBytes));
        CommandRefusedException.ThrowIf(error); // still with a status of its own
        Begin(call.Context.Response);
        try
        {
            while (true)
            {
                using (polled.Messages)
                    next = await PushAsync(call.Context.Response, polled.Messages?.Bytes ?? default, next, query.HasRawHeaders, ended.Token);
                if (HttpMethods.IsHead(call.Context.Request.Method))
                    return;

                polled = await NextAsync(call, address, query with { From = PollFrom.Offset, Value = next }, ended.Token);
            }
        }
        catch (CommandRefusedException refused)
        {
            await TellAsync(call.Context.Response, refused.Error, ended.Token); // the status is gone out long ago
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The client left, or the server stops: the client comes back with the id it saw last.
        }
    }

    private async Task<PollResult> NextAsync(HttpCall call, TopicAddress address, PollQuery query, CancellationToken ended)
    {
        var (error, end) = await messages.WaitAsync(call.Session, address, query.PartitionId, query.Value, _silence).AsTask().WaitAsync(ended);
        if (error is IggyError.IoError) // the partition is out of order and is opened anew in some seconds
            await Task.Delay(_afterFailure, clock, ended);
        else
            CommandRefusedException.ThrowIf(error);
        if (!await bearers.IsStillGoodAsync(call.Context, call.Session))
            throw new CommandRefusedException(IggyError.Unauthenticated);
        if (end <= query.Value)
            return default;

        (error, var polled) = await messages.PollAsync(call.Session, address, query.ToRequest(limits.Value.MaxPollBytes));
        CommandRefusedException.ThrowIf(error);
        return polled;
    }

    private static void Begin(HttpResponse response)
    {
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-cache";
        response.Headers["X-Accel-Buffering"] = "no"; // or nginx keeps events back
    }

    // Returns the offset behind the last message. A comment when there is none keeps the connection from looking dead.
    private static async Task<ulong> PushAsync(HttpResponse response, ReadOnlyMemory<byte> found, ulong next, bool hasRawHeaders, CancellationToken ended)
    {
        if (found.IsEmpty)
            response.BodyWriter.Write(": \n\n"u8);
        while (!found.IsEmpty)
        {
            var length = (int)ClassicMessageHeader.At(found.Span).MessageBytes;
            next = Write(response.BodyWriter, found.Span[..length], hasRawHeaders) + 1;
            found = found[length..];
            await response.BodyWriter.FlushAsync(ended);
        }
        await response.BodyWriter.FlushAsync(ended);
        return next;
    }

    private static ulong Write(IBufferWriter<byte> output, ReadOnlySpan<byte> message, bool hasRawHeaders)
    {
        var offset = ClassicMessageHeader.At(message).Offset;
        output.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"id: {offset}\nevent: message\ndata: ")));
        using (var json = new Utf8JsonWriter(output, _options))
            PollReplyWriter.WriteMessage(json, message, hasRawHeaders); // on one line, as an event's data has to be
        output.Write("\n\n"u8);
        return offset;
    }

    private static async Task TellAsync(HttpResponse response, IggyError error, CancellationToken ended)
    {
        response.BodyWriter.Write("event: error\ndata: "u8);
        response.BodyWriter.Write(JsonSerializer.SerializeToUtf8Bytes(HttpErrors.Body(error), ApiJson.Wire.ErrorReply));
        response.BodyWriter.Write("\n\n"u8);
        await response.BodyWriter.FlushAsync(ended);
    }
}
