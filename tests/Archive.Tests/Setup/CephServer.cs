using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Amazon.Runtime;
using Amazon.S3;

namespace Iggy.Archive.Tests.Setup;

/// <summary>A real store that speaks S3, shared by all tests that need one; where its packages are missing they are skipped.</summary>
public sealed class CephServer : IAsyncLifetime
{
    public const string AccessKey = "AK", SecretKey = "SECRETSECRET", Bucket = "backups";
    private static readonly TimeSpan _startLimit = TimeSpan.FromMinutes(5);

    private readonly string _folder = Directory.CreateTempSubdirectory("iggy-ceph-").FullName;
    private Process? _process;

    private IPEndPoint? _address;

    /// <summary>Where it listens; skips the calling test where there is no store to be had.</summary>
    public IPEndPoint Address
    {
        get
        {
            Assert.SkipWhen(_address is null, "ceph-mon, ceph-osd, ceph-mgr, radosgw and ceph-common are not installed");
            return _address;
        }
    }

    public async ValueTask InitializeAsync()
    {
        if (!IsInstalled)
            return;
        IPEndPoint address;
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            address = (IPEndPoint)probe.LocalEndpoint;
        }
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "Setup", "ceph.sh"), [_folder, $"{address.Port}"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        _process = Process.Start(start)!;
        var errors = _process.StandardError.ReadToEndAsync();
        var ready = _process.StandardOutput.ReadLineAsync();
        if (await ready.WaitAsync(_startLimit) != "READY")
            throw new InvalidOperationException($"The store did not start: {await errors}");
        using var client = new AmazonS3Client(new BasicAWSCredentials(AccessKey, SecretKey), new AmazonS3Config { ServiceURL = $"http://{address}", ForcePathStyle = true });
        await client.PutBucketAsync(Bucket);
        _address = address;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
            _process.Dispose();
        }
        Directory.Delete(_folder, recursive: true);
    }

    private static bool IsInstalled => Array.TrueForAll(["ceph-mon", "ceph-osd", "ceph-mgr", "radosgw", "ceph", "uuidgen", "python3"],
        static name => Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(folder => File.Exists(Path.Combine(folder, name))));
}

[CollectionDefinition(Name)]
public sealed class CephCollection : ICollectionFixture<CephServer>
{
    public const string Name = "ceph";
}
