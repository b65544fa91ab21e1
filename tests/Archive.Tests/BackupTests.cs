using Iggy.Archive.Reports;
using Iggy.Archive.Stores;
using Iggy.Archive.Tests.Setup;
using Iggy.Testing;

namespace Iggy.Archive.Tests;

/// <summary>The real server and a real store: what was acknowledged is in the archive, whatever happens on the way, and comes back as of any moment.</summary>
[Collection(CephCollection.Name)]
[Trait("kind", "process")]
public sealed class BackupTests(CephServer ceph)
{
    private const int Moments = 5;

    // Goal: a moment is exact. Method: load with a kill in the middle of it; then five moments between first and last message are restored, and every message and
    // stored offset is compared with what the server itself has.
    [Fact]
    public async Task Restore_FiveMomentsOfALoadWithAKillInIt_HaveEveryMessageUpToThemAndNoOther()
    {
        await using var backed = new Backed { Url = $"http://{ceph.Address}" };
        await backed.StartAsync();
        await backed.MakeTopicAsync();
        await LoadAsync(backed);
        await backed.KillAsync();
        await backed.StartAsync();
        await LoadAsync(backed);
        var all = await backed.ReadAllAsync();
        await backed.SettleAsync();
        await backed.StopAsync();

        using var store = new S3Store(backed.Options(), TimeProvider.System);
        var points = await new PointReader(store, backed.Keys).PointsAsync(TestContext.Current.CancellationToken);
        var times = all.SelectMany(static partition => partition).Select(static message => message.Micros).Where(time => time > points[1].Micros).Order().ToArray();
        for (var i = 0; i < Moments; i++)
        {
            var moment = i == Moments - 1 ? times[^1] : times[i * times.Length / Moments];
            var (messages, offsets) = await backed.RestoreAsync(moment);
            for (var partition = 0; partition < Backed.Partitions; partition++)
            {
                Assert.Equal(all[partition].Where(message => message.Micros <= moment), messages[partition]);
                CheckOffset(backed, partition, points.Last(point => point.Micros <= moment).Micros, messages[partition].Count, offsets[partition]);
            }
        }

        var (faults, _, count) = await new BackupReports(store, backed.Keys, TimeProvider.System).VerifyAsync(null, TestContext.Current.CancellationToken);
        Assert.Empty(faults);
        Assert.True(count > 10, $"{count} parts");
    }

    // Goal: no moment of an upload is a bad one to die in. Method: the store's side of the wire holds a request of each phase, before it is done or before its answer
    // comes, and the server is killed there. What each run sent must be in the archive in the end.
    [Fact]
    public async Task Kill_InEachPhaseOfAnUpload_LosesNothing()
    {
        await using var proxy = new FaultProxy(ceph.Address);
        await using var backed = new Backed { Url = proxy.Url, MaxLag = "00:00:01" };
        await backed.StartAsync();
        await backed.MakeTopicAsync();
        foreach (var (phase, fault) in ((string, Fault)[])
            [
                ("/epochs/", Fault.HangAfter), ("/meta/", Fault.Hang), ("/data/", Fault.Hang), ("/data/", Fault.HangAfter), ("/tail/", Fault.Hang),
                ("/tail/", Fault.HangAfter), ("/manifests/", Fault.Hang), ("/manifests/", Fault.HangAfter), ("/points/", Fault.Hang), ("/points/", Fault.HangAfter),
            ])
        {
            var met = proxy.HoldAsync("PUT", phase, fault);
            if (phase is "/epochs/")
            {
                await backed.KillAsync();
                await backed.StartAsync();
            }
            if (phase is "/meta/")
                await backed.MakeStreamAsync("another");
            await backed.SendAsync(batches: 60, payloadBytes: 1000);
            await met.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
            await backed.KillAsync();
            proxy.Use(static _ => Fault.None);
            await backed.StartAsync();
        }
        var all = await backed.ReadAllAsync();
        await backed.SettleAsync();
        await backed.StopAsync();
        var (messages, _) = await backed.RestoreAsync(Backed.Now());
        Assert.Equal(all, messages);
    }

    // Goal: a bad line costs time and nothing else. Method: every third request meets one fault after the other, first on the way in, then on the way out.
    [Fact]
    public async Task Faults_OnTheWayInAndOut_LoseNothingAndServeNothingWrong()
    {
        await using var proxy = new FaultProxy(ceph.Address);
        await using var backed = new Backed { Url = proxy.Url };
        await backed.StartAsync();
        await backed.MakeTopicAsync();
        Fault[] faults = [Fault.SlowDown, Fault.Cut, Fault.Spoil, Fault.Hang, Fault.HangAfter];
        var requests = 0;
        proxy.Use(Next);
        for (var i = 0; i < 8; i++)
        {
            await backed.SendAsync(batches: 40); // never held up by the store
            await Task.Delay(TimeSpan.FromMilliseconds(500), TestContext.Current.CancellationToken); // load, spread over rounds
        }
        Assert.True(proxy.Faults > 3, $"{proxy.Faults} faults");
        proxy.Use(static _ => Fault.None);
        var all = await backed.ReadAllAsync();
        await backed.SettleAsync();
        await backed.StopAsync();

        requests = 0;
        proxy.Use(Next);
        var (messages, _) = await backed.RestoreAsync(Backed.Now(), proxy.Url);
        Assert.Equal(all, messages);
        Assert.True(requests > 10, $"{requests} requests");

        // A listing has no checksum: that its bytes are right is TLS's promise.
        Fault Next(string line) => Interlocked.Increment(ref requests) is var number && number % 3 != 0 ? Fault.None
            : faults[number / 3 % faults.Length] is var fault && fault is Fault.Spoil && line.Contains("list-type", StringComparison.Ordinal) ? Fault.Cut : fault;
    }

    [Fact]
    public async Task TwoServers_OnOnePrefix_TheFirstStopsItsBackupAndGoesOnServing()
    {
        await using var first = new Backed { Url = $"http://{ceph.Address}", Prefix = $"two{Guid.NewGuid():N}" };
        await using var second = new Backed { Url = first.Url, Prefix = first.Prefix };
        await first.StartAsync();
        await first.MakeTopicAsync();
        await first.Server.WaitForOutputAsync("as epoch 1");
        await second.StartAsync();
        await first.Server.WaitForOutputAsync("The backup has stopped. Another server has taken the archive over");
        await first.SendAsync(batches: 3);
        Assert.Equal(15, (await first.ReadAllAsync()).Sum(static partition => partition.Count));
        Assert.DoesNotContain("The backup has stopped", second.Server.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WrongSettings_AreToldInOneLineWithoutTheSecret_AndSendsGoOn()
    {
        await using var noBucket = new Backed { Url = $"http://{ceph.Address}", Bucket = "nothere" };
        await using var wrongKey = new Backed { Url = noBucket.Url, SecretKey = "WRONGWRONGWRONG" };
        await noBucket.StartAsync();
        await wrongKey.StartAsync();
        await noBucket.Server.WaitForOutputAsync("There is no bucket s3://nothere");
        await wrongKey.Server.WaitForOutputAsync("does not take the credentials");
        await wrongKey.MakeTopicAsync();
        await wrongKey.SendAsync(batches: 3);
        Assert.Equal(15, (await wrongKey.ReadAllAsync()).Sum(static partition => partition.Count));
        Assert.DoesNotContain("WRONGWRONGWRONG", wrongKey.Server.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", noBucket.Server.Output + wrongKey.Server.Output, StringComparison.Ordinal);

        var (code, output) = await ServerProcess.RunToEndAsync(null, wrongKey.Settings(), "restore", "--at", "2026-01-01T00:00:00Z");
        Assert.Equal(6, code);
        Assert.Single(output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        var (_, configuration) = await ServerProcess.RunToEndAsync(null, wrongKey.Settings(), "--configuration");
        Assert.DoesNotContain("WRONGWRONGWRONG", configuration, StringComparison.Ordinal);
    }

    // Goal: the commands do what the help says. Method: one stream of two, a dry run, the reports.
    [Fact]
    public async Task Commands_RestoreOfOneStreamAndReports_SayAndDoIt()
    {
        await using var backed = new Backed { Url = $"http://{ceph.Address}" };
        await backed.StartAsync();
        await backed.MakeTopicAsync();
        await backed.MakeStreamAsync("other");
        await backed.SendAsync(batches: 30);
        var all = await backed.ReadAllAsync();
        await backed.SettleAsync();
        await backed.StopAsync();

        var settings = backed.Settings();
        var place = $"s3://{CephServer.Bucket}/{settings["Iggy__Archive__Prefix"]}";
        settings.Remove("Iggy__Archive__Bucket");
        var folder = Directory.CreateTempSubdirectory("iggy-one-").FullName;
        try
        {
            var (dryCode, dry) = await ServerProcess.RunToEndAsync(folder, settings, "restore", "--from", place, "--stream", "s", "--dry-run");
            Assert.Equal(0, dryCode);
            Assert.Contains("3 partitions would be read", dry, StringComparison.Ordinal);
            Assert.Empty(Directory.EnumerateFileSystemEntries(folder));
            Assert.Equal(6, (await ServerProcess.RunToEndAsync(folder, settings, "restore", "--from", place, "--stream", "nosuch", "--dry-run")).ExitCode);

            var (code, output) = await ServerProcess.RunToEndAsync(folder, settings, "restore", "--from", place, "--stream", "s");
            Assert.True(code == 0, output);
            Assert.Contains("3 partitions with 150 messages", output, StringComparison.Ordinal);
            Assert.Equal(6, (await ServerProcess.RunToEndAsync(folder, settings, "restore", "--from", place)).ExitCode); // not empty any more
            Assert.Equal(all, (await Backed.OpenAsync(folder)).Messages);

            Assert.Contains("partitions:   4", (await ServerProcess.RunToEndAsync(null, settings, "backup", "status", "--from", place)).Output, StringComparison.Ordinal);
            Assert.Contains(" 0 are missing or wrong", (await ServerProcess.RunToEndAsync(null, settings, "backup", "verify", "--from", place)).Output, StringComparison.Ordinal);
            Assert.Matches(@"(?m)^20\d\d-.*Z$", (await ServerProcess.RunToEndAsync(null, settings, "backup", "points", "--from", place)).Output);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task LoadAsync(Backed backed)
    {
        for (var i = 0; i < 12; i++)
        {
            await backed.SendAsync(batches: 30);
            await backed.StoreOffsetAsync((uint)i % Backed.Partitions, (ulong)(i * 10));
            await Task.Delay(TimeSpan.FromMilliseconds(300), TestContext.Current.CancellationToken); // load, spread over rounds
        }
    }

    // Of the last point before the moment: what was stored before it began, or while it was made.
    private static void CheckOffset(Backed backed, int partition, ulong point, int messages, ulong? offset)
    {
        var stored = backed.Stored.Where(one => one.Partition == partition).ToArray();
        var sure = stored.Where(one => one.After < point).Select(static one => (ulong?)one.Offset).LastOrDefault();
        var may = stored.Where(one => one.After >= point && one.Before < point + 30_000_000).Select(static one => (ulong?)one.Offset).Append(sure);
        Assert.Contains(offset, may.Select(one => one is { } value && messages > 0 ? Math.Min(value, (ulong)messages - 1) : messages == 0 ? null : one));
    }
}
