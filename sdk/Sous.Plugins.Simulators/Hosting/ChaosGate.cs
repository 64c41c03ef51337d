using Microsoft.AspNetCore.Http.Features;

namespace Sous.Plugins.Simulators.Hosting;

/// <summary>Carries the chaos setting and applies what is the same for every service.</summary>
internal sealed class ChaosGate(TimeProvider clock, Func<HttpContext, int, Task> writeError)
{
    private readonly Lock _gate = new();
    private Chaos _setting = Chaos.None;
    private int _count;

    public Chaos Setting
    {
        get
        {
            lock (_gate)
            {
                return _setting;
            }
        }

        set
        {
            lock (_gate)
            {
                _setting = value;
                _count = 0;
            }
        }
    }

    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        var (chaos, number) = Count(context.Request.Path);
        if (number == 0)
        {
            await next(context).ConfigureAwait(false);
            return;
        }

        if (chaos.Latency > TimeSpan.Zero)
        {
            await Task.Delay(chaos.Latency, clock, context.RequestAborted).ConfigureAwait(false);
        }

        if (Hits(chaos.ResetEvery, number))
        {
            context.Abort();
        }
        else if (Hits(chaos.RateLimitEvery, number))
        {
            if (chaos.RetryAfterSeconds is { } seconds)
            {
                context.Response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
            }

            await writeError(context, StatusCodes.Status429TooManyRequests).ConfigureAwait(false);
        }
        else if (Hits(chaos.ServerErrorEvery, number))
        {
            await writeError(context, chaos.ServerErrorStatus).ConfigureAwait(false);
        }
        else if (Hits(chaos.TruncateEvery, number))
        {
            await TruncateAsync(context, next).ConfigureAwait(false);
        }
        else
        {
            await next(context).ConfigureAwait(false);
        }
    }

    private static bool Hits(int every, int number) => every > 0 && number % every == 0;

    private static async Task TruncateAsync(HttpContext context, RequestDelegate next)
    {
        var wire = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        using var whole = new MemoryStream();
        context.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(whole));
        await next(context).ConfigureAwait(false);
        await context.Response.BodyWriter.FlushAsync(context.RequestAborted).ConfigureAwait(false);
        context.Features.Set(wire);

        // The announced length stays whole, so the client can tell that the body was cut.
        context.Response.ContentLength = whole.Length;
        await wire.Stream.WriteAsync(whole.GetBuffer().AsMemory(0, (int)whole.Length / 2), context.RequestAborted).ConfigureAwait(false);
        await wire.Stream.FlushAsync(context.RequestAborted).ConfigureAwait(false);
        context.Abort();
    }

    private (Chaos Setting, int Number) Count(PathString path)
    {
        lock (_gate)
        {
            var touched = !ReferenceEquals(_setting, Chaos.None)
                && path.Value?.StartsWith(_setting.PathPrefix, StringComparison.Ordinal) == true
                && !path.StartsWithSegments("/_simulator");
            return (_setting, touched ? ++_count : 0);
        }
    }
}
