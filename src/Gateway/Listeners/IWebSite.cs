using System.Net;
using Microsoft.AspNetCore.Builder;

namespace Iggy.Gateway.Listeners;

/// <summary>Pages that are served on the HTTP listener beside the API, outside of its pipeline.</summary>
internal interface IWebSite
{
    /// <summary>Puts itself in front of the API, if it is wanted. Costs nothing before its first request.</summary>
    /// <param name="application">The listener's pipeline.</param>
    /// <param name="address">Where it will listen.</param>
    /// <param name="stopping">Set when the server stops: what runs long has to end then.</param>
    void AddTo(WebApplication application, IPEndPoint address, CancellationToken stopping);
}
