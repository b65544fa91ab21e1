using System.ComponentModel;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.Configuration;

namespace Iggy.Silo.Configuration;

/// <summary>The effective configuration for people: every key with its value, secrets masked.</summary>
public static class ConfigurationReport
{
    /// <summary>One <c>key = value</c> line for each setting, in the order of <see cref="KnownOptions"/>.</summary>
    public static string Write(IConfiguration configuration)
    {
        var report = new StringBuilder();
        foreach (var (section, type) in KnownOptions.All)
        {
            var options = configuration.GetSection(section).Get(type) ?? Activator.CreateInstance(type)!;
            foreach (var property in KnownOptions.Properties(type))
            {
                var key = $"{section}:{property.Name}";
                report.Append(key).Append(" = ").AppendLine(Show(key, property.GetValue(options)));
            }
        }
        return report.ToString();
    }

    /// <summary>A value as text that can be given again.</summary>
    public static string Show(string key, object? value)
    {
        if (value is null or "")
            return "";
        return OptionsCheck.IsSecret(key)
            ? "******"
            : TypeDescriptor.GetConverter(value.GetType()).ConvertToInvariantString(value) ?? Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
    }
}
