using System.Globalization;
using Iggy.Bench.Replicas;

// Three replicas in one process, over real sockets on loopback and real files, beside one replica, in one run and in turn. Ratios; absolute figures show
// that the load was real.
//
//   dotnet run -c Release --project bench/replicas            five rounds
//   dotnet run -c Release --project bench/replicas -- quick   one short round

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var (rounds, duration) = args is ["quick"] ? (1, TimeSpan.FromSeconds(1)) : (5, TimeSpan.FromSeconds(2));
var batch = Batch.Of(messages: 1000, payloadBytes: 1000);
var single = Batch.Of(messages: 1, payloadBytes: 100);

foreach (var (name, load, atATime) in new[] { ("1000 x 1 KB, one at a time", batch, 1), ("1000 x 1 KB, four at a time", batch, 4), ("1 x 100 B, one at a time", single, 1), ("1 x 100 B, 64 at a time", single, 64) })
{
    var ratios = new double[rounds];
    var shares = new List<double>();
    var (lastOne, lastThree) = (0.0, 0.0);
    for (var round = 0; round < rounds; round++)
    {
        await using (var one = await Partition.StartAsync(replicas: 1))
            lastOne = (await one.SendAsync(load, atATime, duration)).PerSecond;
        await using var three = await Partition.StartAsync(replicas: 3);
        var measured = await three.SendAsync(load, atATime, duration);
        lastThree = measured.PerSecond;
        ratios[round] = lastThree / lastOne;
        if (atATime == 1)
            shares.Add(measured.ShareInLinks);
    }
    Array.Sort(ratios);
    Console.WriteLine($"{name,-28} three replicas have {100 * ratios[rounds / 2],4:0} % of one (min {100 * ratios[0]:0}, max {100 * ratios[^1]:0}); "
        + $"last {lastThree:0} and {lastOne:0} a second, {lastThree * load.Bytes.Length / 1e6:0} and {lastOne * load.Bytes.Length / 1e6:0} MB/s"
        + (shares.Count > 0 ? $"; of the time until a majority has it {100 * shares.Order().ElementAt(shares.Count / 2):0} % is in links" : ""));
}
