using System.Net;
using Iggy.Gateway.Listeners;
using Iggy.Grains;
using Iggy.Silo.Hosting;

namespace Iggy.Silo.Tests;

/// <summary>What may be wiped, what is refused, and the file that tools wait for.</summary>
public sealed class DataFolderCheckTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("iggy-silo-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Wipe_OurFolder_RemovesAllButTheLock()
    {
        var data = Path.Combine(_folder, "data");
        using (DataFolder.Open(data, TimeProvider.System))
            File.WriteAllText(Path.Combine(data, "metadata.db"), "x");
        Directory.CreateDirectory(Path.Combine(data, "partitions", "a", "b"));
        var outside = Directory.CreateDirectory(Path.Combine(_folder, "outside"));
        File.WriteAllText(Path.Combine(outside.FullName, "kept"), "x");
        Directory.CreateSymbolicLink(Path.Combine(data, "link"), outside.FullName);

        DataFolderCheck.Wipe(data, TimeProvider.System);
        Assert.Equal(["server.holder", "server.lock"], Directory.EnumerateFileSystemEntries(data).Select(Path.GetFileName).Order());
        Assert.True(File.Exists(Path.Combine(outside.FullName, "kept")));
    }

    [Fact]
    public void Wipe_SomebodyElsesFolder_TouchesNothing()
    {
        File.WriteAllText(Path.Combine(_folder, "thesis.txt"), "x");
        Assert.Throws<UnusableDataFolderException>(() => DataFolderCheck.Wipe(_folder, TimeProvider.System));
        Assert.Equal(["thesis.txt"], Directory.EnumerateFileSystemEntries(_folder).Select(Path.GetFileName));
    }

    [Fact]
    public void Wipe_WhileAnotherServerHoldsIt_TouchesNothing()
    {
        using var held = DataFolder.Open(_folder, TimeProvider.System);
        File.WriteAllText(Path.Combine(_folder, "metadata.db"), "x");
        Assert.Throws<DataFolderInUseException>(() => DataFolderCheck.Wipe(_folder, TimeProvider.System));
        Assert.True(File.Exists(Path.Combine(_folder, "metadata.db")));
    }

    [Fact]
    public void Wipe_EmptyOrMissingFolder_IsFine()
    {
        DataFolderCheck.Wipe(_folder, TimeProvider.System);
        DataFolderCheck.Wipe(Path.Combine(_folder, "missing"), TimeProvider.System);
        Assert.False(Directory.Exists(Path.Combine(_folder, "missing")));
    }

    [Fact]
    public void RefuseForeign_DataOfApacheIggy_IsRefused()
    {
        DataFolderCheck.RefuseForeign(_folder);
        Directory.CreateDirectory(Path.Combine(_folder, "state"));
        File.WriteAllText(Path.Combine(_folder, "state", "log"), "x");
        Assert.Throws<UnusableDataFolderException>(() => DataFolderCheck.RefuseForeign(_folder));
        Assert.Throws<UnusableDataFolderException>(() => DataFolderCheck.Wipe(_folder, TimeProvider.System));
    }

    [Fact]
    public void RuntimeConfig_TellsWhereTheServerListens()
    {
        RuntimeConfigFile.Wipe(_folder);
        File.WriteAllText(Path.Combine(_folder, "runtime", "stale"), "x");
        RuntimeConfigFile.Wipe(_folder);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(_folder, "runtime")));
        RuntimeConfigFile.Write(_folder, new GatewayEndpoints { Tcp = new IPEndPoint(IPAddress.Loopback, 4711), Http = new IPEndPoint(IPAddress.IPv6Any, 4712) });
        Assert.Equal(["current_config.toml"], Directory.EnumerateFileSystemEntries(Path.Combine(_folder, "runtime")).Select(Path.GetFileName));
        var text = File.ReadAllText(Path.Combine(_folder, "runtime", "current_config.toml"));
        Assert.StartsWith("[tcp]\nenabled = true\naddress = \"127.0.0.1:4711\"\n\n[http]\nenabled = true\naddress = \"[::]:4712\"\n\n[quic]\nenabled = false\n", text, StringComparison.Ordinal);
        Assert.EndsWith($"[system]\npath = \"{_folder}\"\n", text, StringComparison.Ordinal);
        Assert.Contains("path = \"a\\\\b\\\"c\\u0009\"", RuntimeConfigFile.Text("a\\b\"c\t", new GatewayEndpoints()), StringComparison.Ordinal);
        Assert.StartsWith("[tcp]\nenabled = false\n\n", RuntimeConfigFile.Text("x", new GatewayEndpoints()), StringComparison.Ordinal);
    }
}
