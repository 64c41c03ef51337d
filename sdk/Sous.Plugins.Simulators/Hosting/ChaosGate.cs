using System.Globalization;
using Microsoft.AspNetCore.Http.Features;

namespace Sous.Plugins.Simulators.Hosting;

/// <summary>Carries the chaos setting and applies what is the same for every service.</summary>
internal sealed class ChaosGate(TimeProvider clock, Func<HttpContext, int, Task> writeError)
{
    private readonly AsyncLocal<Chaos?> _own = new();
    private readonly Lock _gate = new();
    private Chaos _setting = Chaos.None;
    private int _count;

    /// <summary>What the request meets that is being answered here, else what all do.</summary>
    public Chaos Setting
    {
        get
        {
            if (_own.Value is { } own)
            {
                return own;
            }

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
        _own.Value = context.Features.Get<RecordedRequest>()?.Meets;
        var (chaos, number) = _own.Value is { } own ? (own, 1) : Count(context.Request.Path);
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
            Cut(context);
        }
        else if (Hits(chaos.RateLimitEvery, number))
        {
            if (chaos.RetryAfterSeconds is { } seconds)
            {
                context.Response.Headers.RetryAfter = RetryAfter(TimeSpan.FromSeconds(seconds), chaos.RetryAfterAsDate);
            }

            await writeError(context, StatusCodes.Status429TooManyRequests).ConfigureAwait(false);
        }
        else if (Hits(chaos.ServerErrorEvery, number))
        {
            await writeError(context, chaos.ServerErrorStatus).ConfigureAwait(false);
        }
        else if (Hits(chaos.HtmlEvery, number))
        {
            context.Response.ContentType = "text/html; charset=utf-8";
            await context.Response.WriteAsync("<!doctype html>\n<title>Back soon</title>\n<p>We are improving things.</p>\n", context.RequestAborted).ConfigureAwait(false);
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

    private static void Cut(HttpContext context)
    {
        if (context.Features.Get<RecordedRequest>() is { } request)
        {
            request.IsCut = true;
        }

        context.Abort();
    }

    private static bool Hits(int every, int number) => every > 0 && number % every == 0;

    // An instant has whole seconds: rounded up, so that it is never earlier than was meant.
    private string RetryAfter(TimeSpan wait, bool asDate) => asDate
        ? (clock.GetUtcNow() + wait + TimeSpan.FromTicks(TimeSpan.TicksPerSecond - 1)).ToString("R", CultureInfo.InvariantCulture)
        : wait.TotalSeconds.ToString(CultureInfo.InvariantCulture);

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
        Cut(context);
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
