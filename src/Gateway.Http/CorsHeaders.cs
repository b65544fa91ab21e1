using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Http;

/// <summary>Tells browsers which pages may use the API.</summary>
/// <remarks>Not the framework's: it answers preflights only and adds headers only to what asks for them, while clients here count on an answer to every
/// <c>OPTIONS</c> and on the headers of every answer, errors among them.</remarks>
internal sealed class CorsHeaders
{
    private const string Vary = "origin, access-control-request-method, access-control-request-headers";

    private readonly CorsOptions _options;
    private readonly string[] _origins;
    private readonly string _methods, _headers, _exposed;

    /// <summary>Reads the options once.</summary>
    public CorsHeaders(IOptions<CorsOptions> options)
    {
        _options = options.Value;
        _origins = CorsOptions.Entries(_options.AllowedOrigins);
        _methods = string.Join(',', CorsOptions.Entries(_options.AllowedMethods));
        _headers = string.Join(',', CorsOptions.Entries(_options.AllowedHeaders));
        _exposed = string.Join(',', CorsOptions.Entries(_options.ExposedHeaders));
    }

    /// <summary>Adds the headers, and answers what is only a question about them.</summary>
    public Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (!_options.Enabled)
            return next(context);

        var headers = context.Response.Headers;
        headers.Vary = Vary;
        if (AllowedOrigin(context.Request.Headers.Origin) is { } origin)
            headers.AccessControlAllowOrigin = origin;
        if (_options.AllowCredentials)
            headers.AccessControlAllowCredentials = "true";
        if (!HttpMethods.IsOptions(context.Request.Method))
        {
            if (_exposed.Length > 0)
                headers.AccessControlExposeHeaders = _exposed;
            return next(context);
        }

        headers.AccessControlAllowMethods = _methods;
        headers.AccessControlAllowHeaders = _headers;
        if (_options.AllowPrivateNetwork && context.Request.Headers["access-control-request-private-network"] == "true")
            headers["access-control-allow-private-network"] = "true";
        return Task.CompletedTask; // 200
    }

    private string? AllowedOrigin(string? origin) => _origins switch
    {
        [] => null,
        ["*", ..] => "*",
        _ => _origins.Contains(origin, StringComparer.Ordinal) ? origin : null,
    };
}
