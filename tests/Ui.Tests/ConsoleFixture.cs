using Iggy.Client;
using Iggy.Testing;
using Microsoft.Playwright;

[assembly: AssemblyFixture(typeof(Iggy.Ui.Tests.ConsoleFixture))]

namespace Iggy.Ui.Tests;

/// <summary>One server process and one browser for all tests of pages: both are slow to start. Each test has streams and users of its own.</summary>
public sealed class ConsoleFixture : IAsyncLifetime
{
    private const string Browser = "/usr/bin/chromium";

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    /// <summary>Whether there is a browser; without one the tests of pages are skipped.</summary>
    public static bool HasBrowser => File.Exists(Browser);

    /// <summary>The server.</summary>
    public ServerProcess Server { get; private set; } = null!;

    /// <summary>A client of it, as root.</summary>
    public IggyClient Client { get; private set; } = null!;

    /// <summary>Where the console is.</summary>
    public Uri Address => new($"http://{Server.Http}/ui/");

    public async ValueTask InitializeAsync()
    {
        Server = await ServerProcess.StartAsync(settings: new Dictionary<string, string> { ["IGGY_HTTP_ENABLED"] = "true", ["IGGY_HTTP_ADDRESS"] = "127.0.0.1:0", ["Iggy__Catalog__MaxTopicsPerStream"] = "20000" });
        Client = await IggyClient.ConnectAsync($"iggy://iggy:iggy@{Server.Tcp}", TestContext.Current.CancellationToken);
    }

    /// <summary>A browser of its own as far as cookies go.</summary>
    public async Task<ConsoleVisitor> VisitAsync(BrowserNewContextOptions? options = null)
    {
        Assert.SkipUnless(HasBrowser, "There is no chromium; ./test.sh installs it where it may.");
        _playwright ??= await Playwright.CreateAsync();
        _browser ??= await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = Browser, Args = ["--no-sandbox", "--disable-dev-shm-usage"] });
        return await ConsoleVisitor.OpenAsync(await _browser.NewContextAsync(options ?? new() { ViewportSize = new() { Width = 1280, Height = 800 } }), Address);
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        _playwright?.Dispose();
        await Client.DisposeAsync();
        await Server.DisposeAsync();
        Directory.Delete(Server.DataPath, recursive: true);
    }
}
