using Iggy.Client.Hosting.Tests;
using Xunit.Runner.InProc.SystemConsole;

return args is ["consume", var connectionString, var death] ? await DyingConsumer.RunAsync(connectionString, death) : await ConsoleRunner.Run(args);
