#pragma warning disable CA1050 // the runtime looks for a type of this name without a namespace

/// <summary>Runs in a server whose environment names this assembly in DOTNET_STARTUP_HOOKS, before anything of it: leaders of replicas then answer alone.</summary>
internal static class StartupHook
{
    public static void Initialize() => AppContext.SetSwitch("Iggy.Replication.WithoutMajority", true);
}
