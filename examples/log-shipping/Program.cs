using System.Diagnostics;
using System.Globalization;
using Iggy.Client;
using Iggy.Examples.LogShipping;
using Iggy.Protocol;

const string Stream = "log-shipping", Topic = "lines";
const uint Partitions = 3;
const int Window = 2000;

var file = args.Length > 0 ? args[0] : "/var/log/dpkg.log";
var server = args.Length > 1 ? args[1] : "iggy://iggy:iggy@127.0.0.1:8090";
if (!File.Exists(file))
{
    Console.Error.WriteLine($"There is no {file}. Name another log: log-shipping FILE [CONNECTION STRING]");
    return 2;
}

var lines = File.ReadAllLines(file, LogLines.Encoding);
IggyClient connected;
try
{
    connected = await IggyClient.ConnectAsync(server);
}
catch (IggyConnectionException unreachable)
{
    Console.Error.WriteLine($"{unreachable.Message} Is the server running? ./run.sh starts one.");
    return 2;
}
await using var client = connected;
if (await client.GetStreamAsync(new(Stream)) is not null)
    await client.DeleteStreamAsync(new(Stream));
await client.CreateStreamAsync(Stream);
await client.CreateTopicAsync(new(Stream), Topic, Partitions);

var watch = Stopwatch.StartNew();
await ShipAsync();
var shipped = watch.Elapsed;
watch.Restart();
var read = await Task.WhenAll(Enumerable.Range(0, (int)Partitions).Select(partition => ReadAsync((uint)partition)));
var readBack = watch.Elapsed;

var bytes = lines.Sum(line => (long)line.Length);
Console.WriteLine($"{lines.Length} lines of {file}, {bytes / 1e6:0.0} MB");
Console.WriteLine($"  shipped:     {shipped.TotalSeconds,7:0.00} s, {bytes / 1e6 / shipped.TotalSeconds,6:0.0} MB/s");
Console.WriteLine($"  read back:   {readBack.TotalSeconds,7:0.00} s, {bytes / 1e6 / readBack.TotalSeconds,6:0.0} MB/s");
for (var partition = 0; partition < read.Length; partition++)
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  partition {partition}: {read[partition].Count,7} lines of {read[partition].Select(LogLines.KeyOf).Distinct().Count(),5} packages"));

var difference = Compare(lines, read);
Console.WriteLine(difference ?? "What came out is what went in, and every package's lines are in order.");
return difference is null ? 0 : 1;

// A window of lines is dealt into one batch for each key. All batches of a window are under way at once; the next window waits for
// them, so the lines of one key stay in order.
async Task ShipAsync()
{
    foreach (var window in lines.Chunk(Window))
    {
        var batches = window.GroupBy(LogLines.KeyOf).Select(group => client.SendMessagesAsync(
            new(Stream), new(Topic), Partitioning.ByKey(LogLines.Encoding.GetBytes(group.Key)),
            [.. group.Select(line => new Message(LogLines.Encoding.GetBytes(line)))]).AsTask());
        await Task.WhenAll(batches);
    }
}

async Task<List<string>> ReadAsync(uint partition)
{
    var found = new List<string>();
    var options = new ConsumeOptions
    {
        Stream = new(Stream),
        Topic = new(Topic),
        PartitionId = partition,
        Consumer = new(ConsumerKind.Single, new($"reader-{partition}")),
        Commit = CommitMode.AfterBatch,
    };
    await foreach (var messages in client.ConsumeAsync(options))
    {
        foreach (var message in messages)
            found.Add(LogLines.Encoding.GetString(message.Payload.Span));
    }
    return found;
}

// A key has one partition, so comparing each key's lines in order compares everything: which lines, how often, and their order.
static string? Compare(string[] sent, List<string>[] read)
{
    if (sent.Length != read.Sum(partition => partition.Count))
        return $"{sent.Length} lines went in, {read.Sum(partition => partition.Count)} came out.";
    var byKey = read.SelectMany(partition => partition.GroupBy(LogLines.KeyOf)).ToLookup(group => group.Key, group => group.ToArray());
    foreach (var group in sent.GroupBy(LogLines.KeyOf))
    {
        if (byKey[group.Key].ToArray() is not [var lines] || !lines.SequenceEqual(group))
            return $"The lines of package {group.Key} are not what went in.";
    }
    return null;
}
