{
 "version": [
  "sessionrestore",
  1
 ],
 "windows": [
  {
   "tabs": [
    {
     "entries": [
      {
       "url": "https://openai.com/",
       "title": "x"
      }
     ],
     "index": 1
    }
   ],
   "cookies": [
    {
     "host": "openai.com",
     "name": "a",
     "value": "1",
     "path": "/",
     "originAttributes": {}
    },
    {
     "host": "example.com",
     "name": "a",
     "value": "1",
     "path": "/",
     "originAttributes": {}
    }
   ]
  }
 ],
 "cookies": [
  {
   "host": ".openai.com",
   "name": "a",
   "value": "1",
   "path": "/",
   "originAttributes": {}
  },
  {
   "host": "cdn.example",
   "name": "a",
   "value": "1",
   "path": "/",
   "originAttributes": {
    "partitionKey": "(https,openai.com)"
   }
  },
  {
   "host": "notopenai.com",
   "name": "a",
   "value": "1",
   "path": "/",
   "originAttributes": {}
  },
  {
   "host": "chat.openai.com",
   "name": "b",
   "value": "1",
   "path": "/",
   "originAttributes": {}
  }
 ],
 "lastSessionState": {
  "cookies": [
   {
    "host": "openai.com",
    "name": "a",
    "value": "1",
    "path": "/",
    "originAttributes": {}
   },
   {
    "host": "x.org",
    "name": "a",
    "value": "1",
    "path": "/",
    "originAttributes": {}
   }
  ]
 }
}