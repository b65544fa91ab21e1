using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Iggy.Gateway.Http;

/// <summary>A request's path as the client wrote it. The framework's own form has lost what decides here: the case of fixed words, a slash at the end,
/// and whether a slash in a name was escaped.</summary>
internal readonly struct RequestPath
{
    private static readonly UTF8Encoding _strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly string[] _segments; // still escaped

    private RequestPath(string text) => (Text, _segments) = (text, text.Length <= 1 ? [] : text[1..].Split('/'));

    /// <summary>From the first slash to the query, as it came.</summary>
    public string Text { get; }

    /// <summary>The path of a request.</summary>
    public static RequestPath Of(HttpContext context)
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (!target.StartsWith('/')) // a proxy may send the whole address
            target = target.IndexOf("://", StringComparison.Ordinal) is >= 0 and var scheme && target.IndexOf('/', scheme + 3) is >= 0 and var path ? target[path..] : "/";
        return new RequestPath(target.IndexOf('?', StringComparison.Ordinal) is >= 0 and var query ? target[..query] : target);
    }

    /// <summary>Whether an endpoint is meant, word for word.</summary>
    public bool Matches(RouteEndpoint endpoint)
    {
        var pattern = endpoint.RoutePattern.PathSegments;
        if (pattern.Count != _segments.Length)
            return false;
        for (var i = 0; i < _segments.Length; i++)
        {
            if (pattern[i].Parts is [RoutePatternLiteralPart literal] && literal.Content != _segments[i])
                return false;
        }
        return true;
    }

    /// <summary>One segment, unescaped.</summary>
    /// <exception cref="RequestRejectedException">It is not UTF-8.</exception>
    public string Segment(int index)
    {
        var segment = _segments[index];
        if (!segment.Contains('%', StringComparison.Ordinal))
            return segment;

        var bytes = new byte[Encoding.UTF8.GetByteCount(segment)];
        var length = 0;
        for (var i = 0; i < segment.Length; i++)
        {
            if (segment[i] == '%' && i + 2 < segment.Length && char.IsAsciiHexDigit(segment[i + 1]) && char.IsAsciiHexDigit(segment[i + 2]))
            {
                bytes[length++] = Convert.FromHexString(segment.AsSpan(i + 1, 2))[0];
                i += 2;
            }
            else
            {
                length += Encoding.UTF8.GetBytes(segment.AsSpan(i, 1), bytes.AsSpan(length)); // a request line is ASCII
            }
        }

        try
        {
            return _strict.GetString(bytes.AsSpan(0, length));
        }
        catch (DecoderFallbackException)
        {
            throw new RequestRejectedException(StatusCodes.Status400BadRequest, "A segment of the path is not UTF-8.");
        }
    }
}
