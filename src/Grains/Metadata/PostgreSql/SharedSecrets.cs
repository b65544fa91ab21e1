using System.Security.Cryptography;
using Iggy.Grains.Interfaces.Hosting;
using Iggy.Grains.Options;
using Iggy.Primitives;
using Microsoft.Extensions.Options;

namespace Iggy.Grains.Metadata.PostgreSql;

/// <summary>Secrets that all servers of a cluster must have alike: they lie in the database, and each server has a copy in its data folder, where it looks for them.</summary>
/// <remarks>The first server brings its own, so that tokens given before it was one of several stay good.</remarks>
public sealed class SharedSecrets(PostgreSqlStore store, IOptions<ClusterNodeOptions> cluster, IEnumerable<SharedSecretFile> files)
{
    /// <summary>Makes the files what the database says. To be called before anybody reads them.</summary>
    internal async Task FetchAsync(DataFolder folder, CancellationToken cancellationToken)
    {
        if (!cluster.Value.Enabled)
            return;
        foreach (var file in files)
        {
            var path = Path.Combine(folder.Root, file.Path);
            var own = File.Exists(path) ? await File.ReadAllBytesAsync(path, cancellationToken) : [];
            var shared = await AgreeAsync(file.Path, own.Length == file.Bytes ? own : RandomNumberGenerator.GetBytes(file.Bytes), cancellationToken);
            if (own.AsSpan().SequenceEqual(shared))
                continue;
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            AtomicFile.Write(path, shared, ownerOnly: true);
        }
    }

    private async Task<byte[]> AgreeAsync(string name, byte[] offered, CancellationToken cancellationToken)
    {
        await using var command = store.Source.CreateCommand(
            "INSERT INTO IggySecret (Name, Value) VALUES (@Name, @Value) ON CONFLICT (Name) DO UPDATE SET Name = excluded.Name RETURNING Value");
        command.Parameters.AddWithValue("Name", name);
        command.Parameters.AddWithValue("Value", offered);
        return (byte[])(await command.ExecuteScalarAsync(cancellationToken))!;
    }
}
