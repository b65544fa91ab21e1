using Microsoft.AspNetCore.Http;

namespace Iggy.Ui.Logins;

/// <summary>Whether a request comes from a page of the console itself.</summary>
internal static class SameOrigin
{
    /// <summary>Judged by what every browser says of itself; who says nothing is no browser, and has no cookie of somebody else.</summary>
    public static bool Is(HttpRequest request)
    {
        if (request.Headers["Sec-Fetch-Site"] is [{ } site] && site is not ("same-origin" or "none"))
            return false;
        return request.Headers.Origin is not [{ } origin] || (Uri.TryCreate(origin, UriKind.Absolute, out var from) && string.Equals(from.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase));
    }
}
