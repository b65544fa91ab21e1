using Iggy.Grains.Interfaces.Streams;
using Iggy.Grains.Interfaces.Users;
using Iggy.Grains.Metadata;
using Iggy.Grains.Users;
using Iggy.Silo.Configuration;
using Iggy.Silo.Options;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Iggy.Silo.Hosting;

/// <summary>Makes the root user of a new server, after the silo has started and before anybody can connect.</summary>
internal sealed class RootUserSetup(IGrainFactory grains, PasswordHasher hasher, IOptions<RootOptions> options) : IHostedService
{
    /// <exception cref="ConfigurationException">Name or password are not allowed. No user was made.</exception>
    /// <exception cref="MetadataStoreException">The server is not new: its users are lost.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var users = grains.GetGrain<IUserDirectoryGrain>(0);
        if (await users.FindByIdAsync(0) is not null)
            return; // whatever is configured now: the user that exists stays as it is
        if (!(await grains.GetGrain<IStreamDirectoryGrain>(0).ListAsync()).IsEmpty)
            throw new MetadataStoreException("The metadata is damaged: it knows streams and no root user. Restore metadata.db from a backup.");

        var root = RootUser.From(options.Value);
        var made = await users.EnsureRootAsync(root.Username, await hasher.HashAsync(root.Password));
        if (made && root.IsGenerated)
            Announce(root);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // Straight to standard output and nowhere else: logs are shipped and kept, this is for whoever starts the server for the first time.
    private static void Announce(RootUser root) =>
        Console.Out.WriteLine($"First start: log in as user '{root.Username}' with password '{root.Password}'. It is shown only this once.");
}
