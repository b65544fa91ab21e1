using System.Runtime.CompilerServices;
using Microsoft.Playwright;

namespace Iggy.Ui.Tests;

/// <summary>Somebody with a browser in front of the console. What the browser complains of, and what it asks of other hosts, is kept.</summary>
public sealed class ConsoleVisitor : IAsyncDisposable
{
    private const float Limit = 60_000; // milliseconds; a loaded machine, never a wait that a test relies on

    private readonly IBrowserContext _context;
    private readonly List<string> _complaints = [];

    private ConsoleVisitor(IBrowserContext context, IPage page, Uri address) => (_context, Page, Address) = (context, page, address);

    /// <summary>The page.</summary>
    public IPage Page { get; }

    /// <summary>The cookies and all pages.</summary>
    public IBrowserContext Context => _context;

    /// <summary>Of the console.</summary>
    public Uri Address { get; }

    /// <summary>Violations of the policy, errors in the console of the browser, requests to other hosts.</summary>
    public IReadOnlyList<string> Complaints
    {
        get
        {
            lock (_complaints)
                return [.. _complaints];
        }
    }

    internal static async Task<ConsoleVisitor> OpenAsync(IBrowserContext context, Uri address)
    {
        context.SetDefaultTimeout(Limit);
        var visitor = new ConsoleVisitor(context, await context.NewPageAsync(), address);
        context.Console += (_, message) =>
        {
            if (message.Type == "error" && !message.Text.Contains("401", StringComparison.Ordinal)) // a login that is refused, and is meant to be
                visitor.Complain(message.Text);
        };
        context.WebError += (_, error) => visitor.Complain(error.Error);
        context.Request += (_, request) =>
        {
            if (new Uri(request.Url) is { Scheme: "http" or "https" or "ws" or "wss" } asked && asked.Authority != address.Authority)
                visitor.Complain($"asked {request.Url}");
        };
        return visitor;
    }

    /// <summary>Goes to a page of the console and waits until it is drawn.</summary>
    public async Task GoAsync(string path = "")
    {
        await Page.GotoAsync(new Uri(Address, path).ToString());
        await Page.Locator("h1").First.WaitForAsync();
    }

    /// <summary>Logs in.</summary>
    public async Task LogInAsync(string username = "iggy", string password = "iggy")
    {
        await Page.GotoAsync(Address.ToString());
        await Page.FillAsync("input[name=username]", username);
        await Page.FillAsync("input[name=password]", password);
        await Page.ClickAsync("button[type=submit]");
        await Page.Locator(".page h1").WaitForAsync();
    }

    /// <summary>Runs a test; a picture of the page is kept when it fails.</summary>
    public async Task RunAsync(Func<Task> test, [CallerMemberName] string name = "")
    {
        try
        {
            await test();
            Assert.Empty(Complaints);
        }
        catch
        {
            var kept = Path.Combine(AppContext.BaseDirectory, $"console-{name}.png");
            var picture = await Page.ScreenshotAsync(new() { Path = kept, FullPage = true });
            TestContext.Current.AddAttachment("page", picture, "image/png");
            TestContext.Current.AddAttachment("complaints", string.Join('\n', Complaints));
            throw;
        }
    }

    /// <summary>Waits until a text is on the page.</summary>
    public Task SeeAsync(string text) => Page.GetByText(text).First.WaitForAsync();

    /// <summary>Presses a button by what is written on it.</summary>
    public Task PressAsync(string name) => Page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true }).Last.ClickAsync();

    public async ValueTask DisposeAsync() => await _context.DisposeAsync();

    private void Complain(string text)
    {
        lock (_complaints)
            _complaints.Add(text);
    }
}
