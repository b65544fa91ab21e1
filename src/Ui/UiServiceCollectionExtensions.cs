using Iggy.Gateway.Listeners;
using Iggy.Ui.Circuits;
using Iggy.Ui.Figures;
using Iggy.Ui.Hosting;
using Iggy.Ui.Logins;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Iggy.Ui;

/// <summary>Registration of the console.</summary>
public static class UiServiceCollectionExtensions
{
    /// <summary>Adds the console. To be called after the gateway is added; the HTTP listener serves it.</summary>
    public static IServiceCollection AddIggyUi(this IServiceCollection services)
    {
        services.AddOptions<UiOptions>().BindConfiguration(UiOptions.Section).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<UiOptions>, UiOptionsValidator>());
        services.TryAddSingleton<Backend>();
        services.TryAddSingleton<OpenPages>();
        services.TryAddSingleton<ConsoleLogins>();
        services.TryAddSingleton<LoginPage>();
        services.TryAddSingleton<ServerRates>();
        services.TryAddSingleton<ConsoleApplication>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IWebSite, ConsoleSite>());
        return services;
    }
}
