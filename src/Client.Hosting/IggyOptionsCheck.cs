using Microsoft.Extensions.Options;

namespace Iggy.Client.Hosting;

/// <summary>Tries the settings of a client at the start of the application. What is wrong is told by the client, which names the part and never the secret.</summary>
internal sealed class IggyOptionsCheck : IValidateOptions<IggyOptions>
{
    public ValidateOptionsResult Validate(string? name, IggyOptions options)
    {
        if (string.IsNullOrEmpty(options.ConnectionString))
            return ValidateOptionsResult.Skip; // the attribute tells
        try
        {
            options.ToClientOptions().Validate();
            return ValidateOptionsResult.Success;
        }
        catch (Exception wrong) when (wrong is FormatException or ArgumentException)
        {
            return ValidateOptionsResult.Fail(wrong.Message);
        }
    }
}
