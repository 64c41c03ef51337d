using Sous.Plugins.Host.Hosts;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Telemetry;

namespace Sous.Plugins.Host;

/// <summary>A host that waits for another one to go, or for its database to come back: it lives, serves nothing, and says so at the addresses at which it will serve.</summary>
internal static partial class Standby
{
    private const string Reason = "Another host works on the database, or that is away, and this one stands by: it serves once it may work there.";

    /// <summary>About how long a start takes.</summary>
    private static readonly TimeSpan s_comeAgain = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan s_last = TimeSpan.FromMilliseconds(500);

    /// <summary>Until the database that is set is there and no other host works on it.</summary>
    public static async Task WaitAsync(WebApplicationBuilder builder, CancellationToken cancellationToken)
    {
        builder.Services.AddSingleton(TimeProvider.System).AddSingleton<ServerCertificate>().AddTelemetry(builder.Configuration).AddHostMetrics(HostState.StandsBy);
        await using var app = builder.Build();
        _ = app.Services.GetRequiredService<HostMetrics>();
        app.UseMetricsOfThisMachine();
        app.Run(AnswerAsync);
        var addresses = ListenAddresses.ReadAll(app.Configuration);
        foreach (var address in addresses)
        {
            app.Urls.Add(address);
        }

        await app.StartAsync(cancellationToken);
        var logger = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(Standby));
        Log.StandsBy(logger, addresses[0]);
        await ClusterAssembly.WaitUntilFreeAsync(app.Configuration, () => Log.Ended(logger), reason => Log.Away(logger, reason), cancellationToken);
        Log.TakesOver(logger);
        // Whoever is being answered is answered still.
        using var patience = new CancellationTokenSource(s_last);
        await app.StopAsync(patience.Token);
    }

    private static Task AnswerAsync(HttpContext context)
    {
        if (context.Request.Path == "/health/live")
        {
            return TypedResults.Ok(new { status = "live" }).ExecuteAsync(context);
        }

        Problems.AskToWait(context.Response, s_comeAgain);
        return context.Request.Path == "/health/ready"
            ? TypedResults.Json(new { status = "standby" }, statusCode: StatusCodes.Status503ServiceUnavailable).ExecuteAsync(context)
            : Problems.Make(StatusCodes.Status503ServiceUnavailable, "standby", "This host does not serve.", Reason).ExecuteAsync(context);
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 2508, Level = LogLevel.Information, Message = "Another host works on the database, or that is away. This one stands by at {Address}.")]
        public static partial void StandsBy(ILogger logger, string address);

        [LoggerMessage(EventId = 2509, Level = LogLevel.Warning, Message = "The host that works on the database was not heard from for ten seconds. Its connections are ended; it commits nothing more.")]
        public static partial void Ended(ILogger logger);

        [LoggerMessage(EventId = 2511, Level = LogLevel.Warning, Message = "The database cannot be used: {Reason} It is asked again every second.")]
        public static partial void Away(ILogger logger, string reason);

        [LoggerMessage(EventId = 2510, Level = LogLevel.Information, Message = "The database is there, and no other host works on it. This one begins.")]
        public static partial void TakesOver(ILogger logger);
    }
}
