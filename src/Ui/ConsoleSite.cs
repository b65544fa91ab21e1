using System.Net;
using System.Threading.RateLimiting;
using Iggy.Gateway.Listeners;
using Iggy.Ui.Circuits;
using Iggy.Ui.Hosting;
using Iggy.Ui.Logins;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iggy.Ui;

/// <summary>What is under <c>/ui</c>: files and the login for anybody, pages for who is logged in. The pages' own application is built at the first visit of one.</summary>
internal sealed partial class ConsoleSite(IOptions<UiOptions> options, ConsoleApplication pages, ConsoleLogins logins, LoginPage login, ILogger<ConsoleSite> logger) : IWebSite, IDisposable
{
    /// <summary>Where the console lies.</summary>
    public const string Root = "/ui";

    private const string Connection = "/_blazor";

    // A page is one WebSocket for as long as it is open, so requests for one are pages.
    private readonly ConcurrencyLimiter _open = new(new ConcurrencyLimiterOptions { PermitLimit = options.Value.MaxPages });

    public void AddTo(WebApplication application, IPEndPoint address, CancellationToken stopping)
    {
        if (!(options.Value.Enabled ?? IPAddress.IsLoopback(address.Address)))
            return;
        pages.StopWith(stopping);
        application.MapWhen(static context => IsOurs(context.Request.Path.Value), branch => branch.Run(ServeAsync));
    }

    public void Dispose() => _open.Dispose();

    // Word for word, as the API has its paths.
    private static bool IsOurs(string? path) => path == Root || path?.StartsWith(Root + "/", StringComparison.Ordinal) is true;

    private async Task ServeAsync(HttpContext context)
    {
        SecurityHeaders.AddTo(context);
        var request = context.Request;
        (request.PathBase, request.Path) = (Root, request.Path.Value![Root.Length..]);
        if (!request.Path.HasValue)
            context.Response.Redirect(Root + "/");
        else if (request.Path == LoginPage.Path)
            await login.ServeAsync(context);
        else if (request.Path == LoginPage.OutPath)
            await login.LeaveAsync(context);
        else if (!await ConsoleFiles.TryServeAsync(context))
            await ServeKnownAsync(context);
    }

    private async Task ServeKnownAsync(HttpContext context)
    {
        var request = context.Request;
        if (await logins.FindAsync(context) is not { } known)
        {
            if (HttpMethods.IsGet(request.Method) && !request.Path.StartsWithSegments(Connection, StringComparison.Ordinal))
                context.Response.Redirect(LoginPage.AddressFor(request.Path + request.QueryString));
            else
                context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        }
        else if (request.Path == Connection)
        {
            await ConnectAsync(context, known);
        }
        else if (HttpMethods.IsGet(request.Method) || request.Path.StartsWithSegments(Connection, StringComparison.Ordinal))
        {
            await pages.ServeAsync(context, known);
        }
        else
        {
            context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
        }
    }

    // By WebSocket alone: other transports would be requests without end of their own, each with a buffer that waits for the next.
    private async Task ConnectAsync(HttpContext context, ConsoleLogin known)
    {
        if (!SameOrigin.Is(context.Request) || !string.Equals(context.Request.Headers.Upgrade, "websocket", StringComparison.OrdinalIgnoreCase))
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }
        using var lease = _open.AttemptAcquire();
        if (!lease.IsAcquired)
        {
            LogFull(logger, options.Value.MaxPages);
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return;
        }
        await pages.ServeAsync(context, known);
    }

    [LoggerMessage(3280, LogLevel.Warning, "A page of the console was refused: {MaxPages} are open (Iggy:Ui:MaxPages)")]
    private static partial void LogFull(ILogger logger, int maxPages);
}
