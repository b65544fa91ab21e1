using System.Text;
using Iggy.Grains;
using Iggy.Grains.Hosting;
using Iggy.Grains.Options;
using Iggy.Grains.Users;
using Iggy.Silo.CommandLine;
using Iggy.Silo.Configuration;
using Microsoft.Extensions.Configuration;

namespace Iggy.Silo.Hosting;

/// <summary><c>iggy-server user reset-password</c>: works on the data folder itself, while no server runs on it.</summary>
public static class PasswordResetProgram
{
    /// <summary>Sets a password, and shows it when it was generated.</summary>
    /// <param name="arguments">Says where the data is.</param>
    /// <param name="username">Whose.</param>
    /// <param name="readsPassword">The first line of standard input is the password; otherwise one is generated.</param>
    public static async Task<ExitCode> RunAsync(ServerArguments arguments, string username, bool readsPassword)
    {
        try
        {
            var configuration = ServerProgram.ReadConfiguration(arguments, new ConfigurationNotes());
            var password = readsPassword ? await Console.In.ReadLineAsync() ?? "" : RootUser.GeneratePassword();
            if (Encoding.UTF8.GetByteCount(password) is var bytes and not (>= 3 and <= 100))
                return await ServerProgram.TellAsync(ExitCode.Configuration, [$"The password has {bytes} bytes; allowed: 3 to 100."]);

            if (!await ResetAsync(configuration, username, password))
                return await ServerProgram.TellAsync(ExitCode.Configuration, [$"There is no user '{username}'. Nothing was changed."]);
            await Console.Out.WriteLineAsync(readsPassword
                ? $"User '{username}' has a new password."
                : $"User '{username}' has the new password '{password}'. It is shown only this once.");
            return ExitCode.Ok;
        }
        catch (Exception failure) when (ServerProgram.Explain(failure) is not null)
        {
            var (code, lines) = ServerProgram.Explain(failure)!.Value;
            return await ServerProgram.TellAsync(code, lines);
        }
    }

    private static async Task<bool> ResetAsync(IConfigurationRoot configuration, string username, string password)
    {
        var path = (configuration.GetSection(StorageOptions.Section).Get<StorageOptions>() ?? new StorageOptions()).DataPath;
        if (!Directory.Exists(path)) // or it would be made
            throw new UnusableDataFolderException($"There is no folder {path} (IGGY_SYSTEM_PATH).");
        var options = configuration.GetSection(UserOptions.Section).Get<UserOptions>() ?? new UserOptions();
        using var hasher = new PasswordHasher(Microsoft.Extensions.Options.Options.Create(options));
        var hash = await hasher.HashAsync(password);
        using var folder = DataFolder.Open(path, TimeProvider.System);
        var metadata = configuration.GetSection(MetadataOptions.Section).Get<MetadataOptions>() ?? new MetadataOptions();
        var cluster = configuration.GetSection(ClusterNodeOptions.Section).Get<ClusterNodeOptions>() ?? new ClusterNodeOptions();
        return await PasswordReset.RunAsync(folder, username, hash, metadata, cluster);
    }
}
