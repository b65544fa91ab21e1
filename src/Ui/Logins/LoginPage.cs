using System.Net;
using Iggy.Gateway.Commands;
using Iggy.Gateway.Errors;
using Iggy.Gateway.Jwt;
using Iggy.Grains.Interfaces;
using Iggy.Ui.Circuits;
using Iggy.Ui.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Iggy.Ui.Logins;

/// <summary>The login: a plain page with a plain form, so that strangers bring nothing to life.</summary>
internal sealed class LoginPage(LoginCommands commands, ConsoleLogins logins)
{
    /// <summary>Its path below the console's.</summary>
    public const string Path = "/login";

    /// <summary>Where to leave.</summary>
    public const string OutPath = "/logout";

    private const string Root = "/ui", BackQuery = "back";
    private const long MaxFormBytes = 16 * 1024;

    private readonly Lazy<string> _page = new(static () => ConsoleFiles.Read("/assets/login.html"));

    /// <summary>The login that leads to a page.</summary>
    public static string AddressFor(string page) => page == "/" ? Root + Path : $"{Root}{Path}?{BackQuery}={Uri.EscapeDataString(page)}";

    /// <summary>Shows the form, or takes it.</summary>
    public async Task ServeAsync(HttpContext context)
    {
        if (HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method))
            await ShowAsync(context, context.Request.Query.ContainsKey("ended") ? "The login has ended." : "", "", StatusCodes.Status200OK);
        else if (HttpMethods.IsPost(context.Request.Method) && SameOrigin.Is(context.Request) && context.Request.HasFormContentType)
            await TakeAsync(context);
        else
            context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
    }

    /// <summary>Ends the login.</summary>
    public Task LeaveAsync(HttpContext context)
    {
        if (HttpMethods.IsPost(context.Request.Method) && SameOrigin.Is(context.Request))
        {
            logins.Remove(context);
            context.Response.Redirect(Root + Path);
        }
        else
        {
            context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
        }
        return Task.CompletedTask;
    }

    private async Task TakeAsync(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = MaxFormBytes;
        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        var (username, password, token) = (form["username"].ToString(), form["password"].ToString(), form["token"].ToString().Trim());
        var session = BearerAuthentication.NewSession(context);
        try
        {
            var user = token.Length > 0 ? await commands.VerifyAsync(session, token) : await commands.VerifyAsync(session, username, password);
            session.LogIn(user.Id);
            logins.Add(context, user);
            context.Response.Redirect(Root + BackOf(context));
        }
        catch (Exception refused) when (refused is CommandRefusedException or RefusedException || Unreachable.Is(refused))
        {
            var text = refused is CommandRefusedException
                ? token.Length > 0 ? "That token is not known, or it has expired." : "Name or password is wrong, or the user may not log in."
                : Refusals.TextOf(refused);
            await ShowAsync(context, text, username, StatusCodes.Status401Unauthorized);
        }
    }

    private Task ShowAsync(HttpContext context, string message, string username, int status)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/html; charset=utf-8";
        var page = _page.Value.Replace("{{message}}", WebUtility.HtmlEncode(message), StringComparison.Ordinal)
            .Replace("{{state}}", message.Length > 0 ? "shown" : "hidden", StringComparison.Ordinal)
            .Replace("{{username}}", WebUtility.HtmlEncode(username), StringComparison.Ordinal)
            .Replace("{{action}}", WebUtility.HtmlEncode(AddressFor(BackOf(context))), StringComparison.Ordinal);
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : context.Response.WriteAsync(page, context.RequestAborted);
    }

    // Only to a page of the console: a path of its own, and none that a browser takes for another host's.
    private static string BackOf(HttpContext context) => context.Request.Query[BackQuery] is [{ } back] && back.StartsWith('/') && !back.Contains('\\', StringComparison.Ordinal) && back.Length < 1000 ? back : "/";
}
