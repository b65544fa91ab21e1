using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Http;

/// <summary>The files of a web UI under <c>/ui</c>, for anybody and outside of everything else: no token, no CORS, not counted.</summary>
/// <remarks>The pages find their way by themselves: a path that is no file and has no dot gets the first page.</remarks>
internal sealed partial class WebUi(IOptions<HttpOptions> options, ILogger<WebUi> logger) : IDisposable
{
    private const string Root = "/ui", FirstPage = "/ui/index.html";

    private PhysicalFileProvider? _files;

    /// <summary>Puts the files in front of the API, if they are wanted.</summary>
    public void AddTo(WebApplication application)
    {
        if (!options.Value.WebUi)
            return;
        var folder = Path.GetFullPath(options.Value.WebUiDirectory);
        if (!File.Exists(Path.Combine(folder, "index.html")))
            LogNoPage(logger, folder);
        var files = new StaticFileOptions
        {
            FileProvider = (_files = TryOpen(folder)) is { } found ? found : new NullFileProvider(), RequestPath = Root, ServeUnknownFileTypes = true, DefaultContentType = "application/octet-stream",
        };
        application.MapWhen(static context => IsOurs(context.Request.Path.Value), ui =>
        {
            ui.Use(static (context, next) =>
            {
                if (context.Request.Path.Value is Root or Root + "/")
                    context.Request.Path = FirstPage;
                return next(context);
            });
            ui.UseStaticFiles(files);
            ui.Use(static (context, next) =>
            {
                if (IsReading(context.Request) && !context.Request.Path.Value!.Contains('.', StringComparison.Ordinal))
                    context.Request.Path = FirstPage;
                return next(context);
            });
            ui.UseStaticFiles(files);
            ui.Run(RefuseAsync);
        });
    }

    /// <inheritdoc/>
    public void Dispose() => _files?.Dispose();

    // What is put there later is found, if the folder can be there at all.
    private PhysicalFileProvider? TryOpen(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
            return new PhysicalFileProvider(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogNoFolder(logger, folder, e);
            return null;
        }
    }

    private static bool IsOurs(string? path) => path == Root || path?.StartsWith(Root + "/", StringComparison.Ordinal) is true;

    private static bool IsReading(HttpRequest request) => HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);

    private static Task RefuseAsync(HttpContext context)
    {
        if (IsReading(context.Request))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            context.Response.ContentType = "text/plain; charset=utf-8";
            return context.Response.WriteAsync("Not Found", context.RequestAborted);
        }
        context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
        context.Response.Headers.Allow = "GET, HEAD";
        return Task.CompletedTask;
    }

    [LoggerMessage(3231, LogLevel.Warning, "{Folder} is not there and cannot be made: /ui shows nothing until the next start (Iggy:Http:WebUiDirectory)")]
    private static partial void LogNoFolder(ILogger logger, string folder, Exception exception);

    [LoggerMessage(3230, LogLevel.Warning, "There is no index.html in {Folder}: /ui shows nothing until a web UI is put there (Iggy:Http:WebUiDirectory)")]
    private static partial void LogNoPage(ILogger logger, string folder);
}
