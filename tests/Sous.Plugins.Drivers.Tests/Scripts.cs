using System.Net;
using System.Text;

namespace Sous.Plugins.Drivers.Tests;

/// <summary>Answers that no simulator gives: each call goes to the first script that fits it, else to an answer that holds nothing.</summary>
/// <param name="nothing">The JSON of that.</param>
/// <param name="fits">Whether a script of that name is meant by a call.</param>
internal sealed class Scripts(string nothing, Func<string, string, bool> fits)
{
    private readonly List<(string Name, Func<string, HttpResponseMessage> Answer)> _scripts = [];

    /// <summary>The calls so far, in their order.</summary>
    public List<string> Calls { get; } = [];

    public static HttpResponseMessage Json(string json, int status = 200) => new((HttpStatusCode)status) { Content = new StringContent(json, Encoding.UTF8, "application/json") };

    public void Add(string name, Func<string, HttpResponseMessage> answer) => _scripts.Add((name, answer));

    /// <param name="call">What scripts are looked up by.</param>
    /// <param name="body">What the script gets; null for the call.</param>
    public HttpResponseMessage Answer(string call, string? body = null)
    {
        lock (_scripts)
        {
            Calls.Add($"{call} {body}".TrimEnd());
            return _scripts.Find(script => fits(call, script.Name)).Answer?.Invoke(body ?? call) ?? Json(nothing);
        }
    }
}
