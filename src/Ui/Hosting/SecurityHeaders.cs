using Microsoft.AspNetCore.Http;

namespace Iggy.Ui.Hosting;

/// <summary>What a browser is told not to do with the console.</summary>
internal static class SecurityHeaders
{
    // Nothing from any other host, and no script that is not a file of ours. Components set styles on their elements, so styles may stand in the page.
    private const string Policy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
        + "form-action 'self'; base-uri 'self'; frame-ancestors 'none'";

    /// <summary>Sets them.</summary>
    public static void AddTo(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers.CacheControl = "no-store";
    }
}
