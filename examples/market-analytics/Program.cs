using System.CommandLine;
using Iggy.Examples.MarketAnalytics;
using Iggy.Examples.MarketAnalytics.Exchange;

// Without a command: a server, a source, the processor and the page in one process. With one: that part alone, against any server.
var server = new Option<string>("--server") { Description = "Connection string.", DefaultValueFactory = static _ => "iggy://iggy:iggy@127.0.0.1:8090" };
var data = new Option<string?>("--data") { Description = "Folder of the embedded server. Default: a temporary one." };
var seed = new Option<int>("--seed") { Description = "Which market.", DefaultValueFactory = static _ => 1 };
var speed = new Option<double>("--speed") { Description = "Seconds of the market in one of ours.", DefaultValueFactory = static _ => 5 };
var until = new Option<long?>("--trades") { Description = "Ends after so many trades. Default: never." };
var replay = new Option<FileInfo?>("--replay") { Description = "A file of daily prices instead: date,open,high,low,close,adjclose,volume." };
var url = new Option<string>("--url") { Description = "Where the page is.", DefaultValueFactory = static _ => "http://127.0.0.1:8088" };

var all = new RootCommand("Trades of a synthetic exchange, analysed and drawn live.") { data, seed, speed, until, replay, url };
all.SetAction(async (parsed, cancellationToken) =>
{
    await using var embedded = await Parts.StartServerAsync(parsed.GetValue(data), address: null, cancellationToken);
    await Parts.TogetherAsync(
        [
            stop => Parts.FeedAsync(embedded.ConnectionString, MarketOf(parsed), parsed.GetValue(speed), stop),
            stop => Parts.ProcessAsync(embedded.ConnectionString, stop),
            stop => Parts.ShowAsync(embedded.ConnectionString, parsed.GetValue(url)!, stop),
        ],
        cancellationToken);
});

var address = new Option<string>("--address") { Description = "Where it listens.", DefaultValueFactory = static _ => "127.0.0.1:8090" };
var serve = new Command("server", "Runs the server.") { data, address };
serve.SetAction(async (parsed, cancellationToken) =>
{
    await using var embedded = await Parts.StartServerAsync(parsed.GetValue(data), parsed.GetValue(address), cancellationToken);
    await Task.Delay(Timeout.Infinite, cancellationToken);
});
var source = new Command("source", "Sends trades.") { server, seed, speed, until, replay };
source.SetAction((parsed, stop) => Parts.FeedAsync(parsed.GetValue(server)!, MarketOf(parsed), parsed.GetValue(speed), stop));
var process = new Command("process", "Makes candles and finds anomalies; any number of these share the work.") { server };
process.SetAction((parsed, stop) => Parts.ProcessAsync(parsed.GetValue(server)!, stop));
var view = new Command("view", "Serves the page.") { server, url };
view.SetAction((parsed, stop) => Parts.ShowAsync(parsed.GetValue(server)!, parsed.GetValue(url)!, stop));
foreach (var part in (Command[])[serve, source, process, view])
    all.Subcommands.Add(part);
return await all.Parse(args).InvokeAsync();

IEnumerable<MarketEvent> MarketOf(ParseResult parsed)
{
    var events = parsed.GetValue(replay) is { } file
        ? HistoricalReplay.Events("SP500", File.ReadLines(file.FullName), SyntheticExchange.OpeningMicros)
        : new SyntheticExchange(parsed.GetValue(seed)).Events();
    return parsed.GetValue(until) is { } most ? events.TakeWhile(one => one.Trade.Sequence <= most) : events;
}
