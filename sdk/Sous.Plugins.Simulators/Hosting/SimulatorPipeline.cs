namespace Sous.Plugins.Simulators.Hosting;

/// <summary>What every simulated service does with a request before its own routes do.</summary>
internal static class SimulatorPipeline
{
    /// <summary>The request is written down and may meet trouble; a fault that it ends in is answered in the service's own words.</summary>
    /// <param name="app">The service.</param>
    /// <param name="log">Where requests are written down.</param>
    /// <param name="chaos">The trouble.</param>
    /// <param name="answer">Answers a fault, or is null for what is none; an <see cref="ArgumentException"/> is a mistake in a control request.</param>
    public static void UseSimulator(this WebApplication app, RequestLog log, ChaosGate chaos, Func<Exception, RequestDelegate?> answer)
    {
        app.Use(next => context => log.InvokeAsync(context, next));
        app.Use(next => context => chaos.InvokeAsync(context, next));
        app.Use(next => context => TranslateAsync(context, next, answer));
    }

    private static async Task TranslateAsync(HttpContext context, RequestDelegate next, Func<Exception, RequestDelegate?> answer)
    {
        try
        {
            await next(context).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The caller has gone; nobody is left to answer.
        }
        catch (Exception fault) when (fault is not ArgumentException || context.Request.Path.StartsWithSegments("/_simulator"))
        {
            if (answer(fault) is not { } told)
            {
                throw;
            }

            await told(context).ConfigureAwait(false);
        }
    }
}
