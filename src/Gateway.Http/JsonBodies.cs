using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Iggy.Gateway.Limits;
using Iggy.Gateway.Sessions;
using Iggy.Primitives;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

using MinDataRate = Microsoft.AspNetCore.Server.Kestrel.Core.MinDataRate;

namespace Iggy.Gateway.Http;

/// <summary>JSON in and out. What is wrong with a body is told by status: 415 its type, 413 its length, 400 that it is no JSON, 422 its shape.</summary>
internal static class JsonBodies
{
    private const int FirstBytes = 16 * 1024;
    private const long MaxDroppedBytes = 256L << 20;
    private const int SmallBytes = 64 * 1024; // up to here a body waits for nobody: strangers may send no more, so they cannot keep each other from logging in

    private static readonly TimeSpan _leastGrace = TimeSpan.FromSeconds(2); // the listener looks once a second

    /// <summary>Whether the body of a request is large, or may be: then it waits for memory.</summary>
    public static bool IsLarge(HttpRequest request) => request.ContentLength is null or > SmallBytes;

    /// <summary>Reads a body of a known shape.</summary>
    /// <exception cref="RequestRejectedException">It is not of that shape.</exception>
    public static async ValueTask<T> ReadAsync<T>(HttpRequest request, RequestGates gates, Session session, JsonTypeInfo<T> type) where T : class
    {
        using var body = await ReadAsync(request, gates, session);
        return Parse(body.Bytes.Span, type);
    }

    /// <summary>Reads a body, which the caller disposes. How long it may be is the listener's to say.</summary>
    /// <param name="request">The request.</param>
    /// <param name="gates">Bound the memory of large bodies over all requests.</param>
    /// <param name="session">Who asks.</param>
    /// <exception cref="RequestRejectedException">It does not say that it is JSON.</exception>
    public static async ValueTask<RequestBody> ReadAsync(HttpRequest request, RequestGates gates, Session session)
    {
        if (!IsJson(request.ContentType))
            throw new RequestRejectedException(StatusCodes.Status415UnsupportedMediaType, "The content type is not application/json.");

        // Its length is judged here and not by the listener, which reads no more once it has refused: then the rest can be let in and dropped.
        var limit = TakeLimit(request.HttpContext);
        if (request.ContentLength > limit)
            throw TooLong(limit);

        // A body that does not say how long it is may be as long as any. Room is held for its text and for what is made of it.
        var most = request.ContentLength ?? limit;
        var held = most > SmallBytes ? 2 * most : 0;
        var room = default(HeldRoom);
        if (held > 0)
        {
            room = await gates.EnterAsync(session, held);
            SetSlowestRate(request, gates.Grace);
        }
        // A length from outside is no reason to take that much at once.
        var body = new RequestBody((int)Math.Clamp(request.ContentLength ?? 0, 1, FirstBytes), room);
        try
        {
            while (await request.Body.ReadAsync(body.Free(), request.HttpContext.RequestAborted) is > 0 and var read)
            {
                body.Advance(read);
                if (body.Bytes.Length > limit)
                    throw TooLong(limit);
            }
            return body;
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    /// <summary>Reads what is left of a body that was refused: a client that still sends would find the connection reset, and the answer lost with it.
    /// How slow it may be, the listener says.</summary>
    public static async Task DropAsync(HttpContext context)
    {
        if (!HttpProtocol.IsHttp11(context.Request.Protocol) || context.Request.Headers.Expect.Count > 0)
            return; // what it sends has a stream of its own; or it asked before it sent anything
        await context.Response.CompleteAsync();
        var rented = ArrayPool<byte>.Shared.Rent(SmallBytes);
        try
        {
            for (var dropped = 0L; dropped < MaxDroppedBytes;)
            {
                if (await context.Request.Body.ReadAsync(rented, context.RequestAborted) is not (> 0 and var read))
                    return;
                dropped += read;
            }
            context.Abort();
        }
        catch (Exception ended) when (ended is BadHttpRequestException or IOException or OperationCanceledException)
        {
            context.Abort(); // it has left, or is too slow
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>Why a body could not be read.</summary>
    /// <param name="json">The body.</param>
    /// <param name="wrong">What the reader said. Its path, where it has one, names the field.</param>
    public static RequestRejectedException Wrong(ReadOnlySpan<byte> json, JsonException wrong) => IsWellFormed(json)
        ? new RequestRejectedException(StatusCodes.Status422UnprocessableEntity, $"The body does not have the shape it should: {Where(wrong)}.", FieldOf(wrong))
        : new RequestRejectedException(StatusCodes.Status400BadRequest, $"The body is no JSON: {Where(wrong)}.");

    /// <summary>Writes a body.</summary>
    public static async Task WriteAsync<T>(HttpResponse response, int status, T body, JsonTypeInfo<T> type)
    {
        response.StatusCode = status;
        response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(response.BodyWriter, new JsonWriterOptions { Encoder = type.Options.Encoder });
        JsonSerializer.Serialize(json, body, type);
        json.Flush();
        SentBytes.Add(response.HttpContext, json.BytesCommitted);
        await response.BodyWriter.FlushAsync(response.HttpContext.RequestAborted);
    }

    // A body that has its memory must come, or it would keep others waiting. Of HTTP/2 the listener judges whole connections only.
    private static void SetSlowestRate(HttpRequest request, TimeSpan grace)
    {
        if (grace > TimeSpan.Zero && HttpProtocol.IsHttp11(request.Protocol) && request.HttpContext.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
            rate.MinDataRate = new MinDataRate(FrameLimits.SlowestBytesPerSecond, grace > _leastGrace ? grace : _leastGrace);
    }

    private static long TakeLimit(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is not { IsReadOnly: false, MaxRequestBodySize: { } limit } feature)
            return int.MaxValue;
        feature.MaxRequestBodySize = null;
        return limit;
    }

    private static RequestRejectedException TooLong(long limit) =>
        new(StatusCodes.Status413PayloadTooLarge, $"The body is too long; allowed: up to {limit} bytes (Iggy:Http:MaxRequestBytes; less without a login).");

    private static T Parse<T>(ReadOnlySpan<byte> json, JsonTypeInfo<T> type) where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(json, type) ?? throw new JsonException("null");
        }
        catch (JsonException wrong)
        {
            throw Wrong(json, IsWellFormed(json) && FindMissing(json, type) is { } missing ? Missing(missing) : wrong);
        }
    }

    /// <summary>A field that has to be there and is not.</summary>
    /// <param name="field">Its place, as <c>messages.payload</c>.</param>
    public static JsonException Missing(string field) => new($"{field} is missing", $"$.{field}", lineNumber: null, bytePositionInLine: null);

    // The serializer tells the names of missing fields in a sentence only.
    private static string? FindMissing(ReadOnlySpan<byte> json, JsonTypeInfo type)
    {
        var reader = new Utf8JsonReader(json);
        using var body = JsonDocument.ParseValue(ref reader);
        if (body.RootElement.ValueKind is not JsonValueKind.Object)
            return null;
        foreach (var property in type.Properties)
        {
            if ((property.IsRequired || property.AssociatedParameter is { HasDefaultValue: false }) && !body.RootElement.TryGetProperty(property.Name, out _))
                return property.Name;
        }
        return null;
    }

    private static string? FieldOf(JsonException wrong) => wrong.Path is ['$', '.', .. var field] ? field : null;

    private static string Where(JsonException wrong) => wrong.LineNumber is null ? wrong.Message // our own words
        : wrong.Path is { Length: > 1 } path ? $"see {path}"
        : "see its beginning or its end";

    private static bool IsWellFormed(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            while (reader.Read())
                continue;
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static bool IsJson(string? contentType)
    {
        var type = contentType.AsSpan();
        type = (type.IndexOf(';') is >= 0 and var end ? type[..end] : type).Trim();
        return type.Equals("application/json", StringComparison.OrdinalIgnoreCase)
            || (type.StartsWith("application/", StringComparison.OrdinalIgnoreCase) && type.EndsWith("+json", StringComparison.OrdinalIgnoreCase));
    }
}

/// <summary>The bytes of a request's body, in one pooled array that grows as they come. Gives its room back when it is disposed, which is once.</summary>
internal sealed class RequestBody(int firstBytes, HeldRoom room) : IDisposable
{
    private readonly PooledBuffer _buffer = new(firstBytes);

    /// <summary>What has come.</summary>
    public ReadOnlyMemory<byte> Bytes => _buffer.Written;

    /// <summary>Where the next bytes go; never empty.</summary>
    public Memory<byte> Free() => _buffer.GetMemory();

    /// <summary>Counts bytes that came.</summary>
    public void Advance(int bytes) => _buffer.Advance(bytes);

    /// <inheritdoc/>
    public void Dispose()
    {
        _buffer.Dispose();
        room.Leave();
    }
}

/// <summary>Bytes of answers' bodies, for the metrics: the listener does not tell them.</summary>
internal static class SentBytes
{
    private static readonly object _key = new();

    /// <summary>Counts what was written.</summary>
    public static void Add(HttpContext context, long bytes) => context.Items[_key] = Of(context) + bytes;

    /// <summary>What was counted.</summary>
    public static long Of(HttpContext context) => context.Items[_key] is long bytes ? bytes : 0;
}
