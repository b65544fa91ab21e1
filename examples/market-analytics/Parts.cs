using Iggy.Client;
using Iggy.Examples.MarketAnalytics.Exchange;
using Iggy.Examples.MarketAnalytics.Feed;
using Iggy.Examples.MarketAnalytics.Processing;
using Iggy.Examples.MarketAnalytics.View;
using Iggy.Testing;

namespace Iggy.Examples.MarketAnalytics;

/// <summary>The parts of the example. Each runs until it is ended, alone in a process or beside the others.</summary>
internal static class Parts
{
    /// <summary>Starts a server of its own, with durable data where a folder is given.</summary>
    public static async Task<IggyTestServer> StartServerAsync(string? data, string? address, CancellationToken cancellationToken)
    {
        var settings = new Dictionary<string, string?>();
        if (address is not null)
            settings["Iggy:Tcp:Address"] = address;
        var server = await IggyTestServer.StartAsync(new() { DataPath = data, Settings = settings }, cancellationToken);
        Console.WriteLine($"Server at {server.Tcp}, its API at http://{server.Http}.");
        return server;
    }

    public static async Task FeedAsync(string server, IEnumerable<MarketEvent> market, double speed, CancellationToken cancellationToken)
    {
        await using var client = await ConnectAsync(server, cancellationToken);
        await new TradeFeed(client, speed, TimeProvider.System).RunAsync(market, cancellationToken);
        Console.WriteLine("The market has closed.");
    }

    public static async Task ProcessAsync(string server, CancellationToken cancellationToken)
    {
        await using var client = await ConnectAsync(server, cancellationToken);
        await new Processor(client, TimeProvider.System).RunAsync(cancellationToken);
    }

    public static async Task ShowAsync(string server, string url, CancellationToken cancellationToken)
    {
        var packages = Path.GetFullPath("node_modules");
        if (!Directory.Exists(packages))
            await Console.Error.WriteLineAsync("The page has no charts: start it by run.sh, which fetches them, or run npm install in this folder.");
        await using var client = await ConnectAsync(server, cancellationToken);
        var view = new MarketView(TimeProvider.System);

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.WebHost.UseUrls(url);
        builder.Services.ConfigureHttpJsonOptions(static json => json.SerializerOptions.TypeInfoResolverChain.Insert(0, PageJson.Default));
        await using var app = builder.Build();
        app.MapPage(view, TimeProvider.System, packages);
        await app.StartAsync(cancellationToken);
        Console.WriteLine($"Page at {string.Join(' ', app.Urls)}.");
        List<Func<CancellationToken, Task>> parts = [stop => app.WaitForShutdownAsync(stop)];
        for (uint partition = 0; partition < Market.Partitions; partition++)
        {
            var followed = partition;
            parts.Add(stop => view.FollowAsync(client, followed, stop));
        }
        await TogetherAsync(parts, cancellationToken);
    }

    /// <summary>Runs parts until the caller ends them or one of them fails; one that is done lets the others go on.</summary>
    public static async Task TogetherAsync(IReadOnlyList<Func<CancellationToken, Task>> parts, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var running = parts.Select(async part =>
        {
            try
            {
                await part(stop.Token);
            }
            catch
            {
                await stop.CancelAsync();
                throw;
            }
        });
        await Task.WhenAll(running);
    }

    private static async Task<IggyClient> ConnectAsync(string server, CancellationToken cancellationToken)
    {
        var options = IggyClientOptions.Parse(server);
        var client = await IggyClient.ConnectAsync(options with { Reconnect = options.Reconnect with { FirstAttempts = 20, MaxDelay = TimeSpan.FromSeconds(1) } }, cancellationToken);
        await Market.CreateAsync(client, cancellationToken);
        return client;
    }
}
