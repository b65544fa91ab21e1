using Iggy.Grains;
using Iggy.Grains.Hosting;
using Iggy.Grains.Options;
using Iggy.Silo.CommandLine;
using Iggy.Silo.Configuration;
using Microsoft.Extensions.Configuration;

namespace Iggy.Silo.Hosting;

/// <summary><c>iggy-server metadata copy</c>: works on the data folder itself, while no server runs on it.</summary>
public static class MetadataCopyProgram
{
    /// <summary>Copies, and says how to start from then on.</summary>
    /// <param name="arguments">Says where the data is.</param>
    /// <param name="connectionString">Where to.</param>
    public static async Task<ExitCode> RunAsync(ServerArguments arguments, string connectionString)
    {
        try
        {
            if (!MetadataOptions.IsConnectionString(connectionString))
                return await ServerProgram.TellAsync(ExitCode.Configuration, ["--to is not as it should be; allowed: Host=...;Database=...;Username=...;Password=..."]);
            var configuration = ServerProgram.ReadConfiguration(arguments, new ConfigurationNotes());
            var path = (configuration.GetSection(StorageOptions.Section).Get<StorageOptions>() ?? new StorageOptions()).DataPath;
            if (!Directory.Exists(path)) // or it would be made
                throw new UnusableDataFolderException($"There is no folder {path} (IGGY_SYSTEM_PATH).");
            using var folder = DataFolder.Open(path, TimeProvider.System);
            var (rows, where) = await MetadataCopy.RunAsync(folder, connectionString);
            await Console.Out.WriteLineAsync($"{rows} rows of {folder.MetadataPath} are in {where}. From now on start with Iggy:Metadata:Store=PostgreSql and Iggy:Metadata:ConnectionString.");
            return ExitCode.Ok;
        }
        catch (Exception failure) when (ServerProgram.Explain(failure) is not null)
        {
            var (code, lines) = ServerProgram.Explain(failure)!.Value;
            return await ServerProgram.TellAsync(code, lines);
        }
    }
}
