using System.Buffers.Text;
using System.Collections.Concurrent;
using System.IO.Compression;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;

namespace Iggy.Ui.Hosting;

/// <summary>The files of the console, which lie inside its assembly. Each is packed when it is asked for first; as many are kept as there are.</summary>
internal static class ConsoleFiles
{
    private const string Prefix = "ui";

    private static readonly ConcurrentDictionary<string, PackedFile?> _files = new(StringComparer.Ordinal);
    private static readonly HashSet<string> _names = [.. typeof(ConsoleFiles).Assembly.GetManifestResourceNames()];

    /// <summary>Answers with a file, if the path is that of one.</summary>
    public static async ValueTask<bool> TryServeAsync(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        var name = Prefix + request.Path.Value;
        if (!_names.Contains(name) || TypeOf(name) is not { } type)
            return false;
        if (!HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method))
        {
            response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            return true;
        }

        var file = _files.GetOrAdd(name, Pack)!;
        response.Headers.ETag = file.Tag;
        response.Headers.CacheControl = "no-cache"; // asked for again, and not sent again: a newer server has newer files under the same names
        response.Headers.Vary = "Accept-Encoding";
        if (request.Headers.IfNoneMatch.Contains(file.Tag))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return true;
        }
        response.ContentType = type;
        if (request.Headers.AcceptEncoding.ToString().Contains("gzip", StringComparison.OrdinalIgnoreCase))
        {
            response.Headers.ContentEncoding = "gzip";
            response.ContentLength = file.Bytes.Length;
            if (HttpMethods.IsGet(request.Method))
                await response.Body.WriteAsync(file.Bytes, context.RequestAborted);
            return true;
        }
        await using var plain = Open(name);
        response.ContentLength = plain.Length;
        if (HttpMethods.IsGet(request.Method))
            await plain.CopyToAsync(response.Body, context.RequestAborted);
        return true;
    }

    /// <summary>The text of a file.</summary>
    public static string Read(string path)
    {
        using var reader = new StreamReader(Open(Prefix + path));
        return reader.ReadToEnd();
    }

    private static Stream Open(string name) => typeof(ConsoleFiles).Assembly.GetManifestResourceStream(name)!;

    private static PackedFile Pack(string name)
    {
        using var file = Open(name);
        var whole = new MemoryStream();
        file.CopyTo(whole);
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal))
            gzip.Write(whole.GetBuffer(), 0, (int)whole.Length);
        var hash = SHA256.HashData(whole.GetBuffer().AsSpan(0, (int)whole.Length));
        return new PackedFile(packed.ToArray(), $"\"{Base64Url.EncodeToString(hash.AsSpan(0, 12))}\"");
    }

    // Pages that are made from a text, such as the login, are no files.
    private static string? TypeOf(string name) => Path.GetExtension(name) switch
    {
        ".js" => "text/javascript; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".svg" => "image/svg+xml",
        _ => null,
    };

    private sealed record PackedFile(byte[] Bytes, string Tag);
}
