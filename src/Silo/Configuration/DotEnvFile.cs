using DotNetEnv;

namespace Iggy.Silo.Configuration;

/// <summary>The <c>.env</c> file, or the file that <c>IGGY_ENV_PATH</c> names, read into the environment before anything else.</summary>
public static class DotEnvFile
{
    /// <summary>Sets what the file names and the environment does not.</summary>
    /// <param name="folder">Where <c>.env</c> is looked for.</param>
    /// <param name="named">Value of <c>IGGY_ENV_PATH</c>; null or empty for <c>.env</c>.</param>
    /// <returns>The file that was read, or null.</returns>
    /// <exception cref="ConfigurationException">The named file is not there, or a file cannot be read or understood.</exception>
    public static string? Load(string folder, string? named)
    {
        var path = Path.Combine(folder, string.IsNullOrEmpty(named) ? ".env" : named);
        if (!File.Exists(path))
            return string.IsNullOrEmpty(named) ? null : throw new ConfigurationException($"IGGY_ENV_PATH is '{named}'; allowed: a file that exists.");
        try
        {
            Env.NoClobber().Load(path);
            return path;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"{path} cannot be read: {e.Message}");
        }
        catch (Exception e) when (e.GetType().Namespace == "Sprache") // the parser under DotNetEnv; its text quotes the file, which holds secrets
        {
            throw new ConfigurationException($"{path} is not a file of NAME=value lines.");
        }
    }
}
